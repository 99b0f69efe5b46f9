import { expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { pipeline, step } from '../../sdk/index.js';
import { backfill } from './backfill.js';
import type { BackfillResult } from './result.js';

const load = step('load_one', { input: z.object({ day: z.string() }), output: z.object({ rows: z.number() }) });
const daily = pipeline('daily', { input: z.object({ day: z.string(), factor: z.number().default(1) }), output: z.object({ rows: z.number() }) }, (_, { day }) =>
  load({ day }),
);

test('a backfill gives its pipeline what that takes', () => {
  const { output } = backfill('daily_backfill', { pipeline: daily, input: ({ key }) => ({ day: key }) });
  expectTypeOf(output._zod.output).toEqualTypeOf<BackfillResult>();
  // @ts-expect-error the pipeline takes a day
  backfill('daily_backfill', { pipeline: daily, input: ({ key }) => ({ date: key }) });
  // @ts-expect-error the factor is a number
  backfill('daily_backfill', { pipeline: daily, input: ({ key }) => ({ day: key, factor: key }) });
});

test('a backfill calls steps with the partition', () => {
  backfill('load_backfill', { each: ({ key }) => load({ day: key }) });
  // @ts-expect-error the step takes a text
  backfill('load_backfill', { each: ({ index }) => load({ day: index }) });
  // @ts-expect-error neither a pipeline nor steps
  backfill('load_backfill', {});
});
