import * as z from 'zod';
import { approval, pipeline, step } from '../../sdk/index.js';
import { backfill } from './backfill.js';

// The pipelines that the backfill's tests run, and their steps.

/** Days that fail once, always, wait for people, or end themselves otherwise. */
const Behaviour = z.object({
  day: z.string(),
  /** Milliseconds that a day takes. */
  takes: z.number().default(0),
  failsOnce: z.array(z.string()).default([]),
  fails: z.array(z.string()).default([]),
  asks: z.array(z.string()).default([]),
  askedFor: z.number().default(500),
  cancels: z.array(z.string()).default([]),
});

const Rows = z.object({ rows: z.number() });

export const workDay = step('work_day', { input: Behaviour, output: Rows, retry: 'none' });
export const undoDay = step('undo_day', { input: z.object({ day: z.string() }), retry: 'none' });
export const quickDay = step('quick_day', { input: z.object({ day: z.string() }), output: Rows, fast: true });

export const loadAnyway = approval('load_anyway', { question: 'Load it?' });

export const oneDay = pipeline('one_day', { input: Behaviour, output: Rows.extend({ status: z.string() }), approvals: [loadAnyway] }, async (flow, input) => {
  if (input.asks.includes(input.day)) await flow.approve(loadAnyway, { within: input.askedFor, reason: 'Nobody wanted it' });
  flow.undo(() => undoDay({ day: input.day }));
  const { rows } = await workDay(input);
  if (input.cancels.includes(input.day)) return flow.end('CANCELLED', { status: 'CANCELLED', rows: 0 });
  return { status: 'COMPLETED', rows };
});

export const quickPipeline = pipeline('quick_day_pipeline', { input: z.object({ day: z.string() }), output: Rows }, (_, { day }) => quickDay({ day }));

export const dayBackfill = backfill('day_backfill', { pipeline: oneDay, input: ({ key }) => ({ day: key }) });

export const stepBackfill = backfill('step_backfill', { each: ({ key }) => workDay({ day: key, takes: 5, fails: ['2001-01-05'], failsOnce: ['2001-01-07'] }) });
