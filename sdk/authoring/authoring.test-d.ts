import { approval, type Decision, type Duration, type Flow, pipeline, step, type TableRef } from 'headrace';
import { implement } from 'headrace/node';
import { replace } from 'headrace/testing';
import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';

const Day = z.object({ day: z.iso.date(), limit: z.number().default(10) });
const count = step('count', { input: Day, output: z.object({ rows: z.number() }) });
const ping = step('ping');
const release = approval('release', { question: '?', answer: z.object({ reason: z.string() }) });
const goOn = approval('go_on', { question: '?' });
const daily = pipeline('daily', { input: Day, output: z.object({ rows: z.number() }), approvals: [release, goOn] }, async (_flow, { day }) => count({ day }));

declare const flow: Flow;

describe('a step', () => {
  test('takes what its input schema takes, and gives what its output schema gives', () => {
    expectTypeOf(count.id).toEqualTypeOf<'count'>();
    expectTypeOf(count).parameter(0).toEqualTypeOf<{ day: string; limit?: number | undefined }>();
    expectTypeOf(count({ day: '' })).resolves.toEqualTypeOf<{ rows: number }>();
    expectTypeOf(ping()).resolves.toEqualTypeOf<void>();
    expectTypeOf(count({ day: '' }, { retry: 'loading', timeout: '1 hour' })).resolves.toEqualTypeOf<{ rows: number }>();
  });

  test('refuses a wrong call', () => {
    // @ts-expect-error an input is needed
    void count();
    // @ts-expect-error a field is missing
    void count({});
    // @ts-expect-error a field has the wrong type
    void count({ day: 1 });
    // @ts-expect-error there is no such field
    void count({ day: '', dya: '' });
    // @ts-expect-error there is no such preset
    void count({ day: '' }, { retry: 'often' });
    // @ts-expect-error that is no duration
    void count({ day: '' }, { timeout: 'an hour' });
    // @ts-expect-error there is no such option
    void count({ day: '' }, { timeOut: '1 hour' });
    // @ts-expect-error its output has no such field
    void count({ day: '' }).then(({ row }) => row);
  });

  test('refuses a wrong declaration', () => {
    // @ts-expect-error there is no such option
    step('a', { retries: 3 });
    // @ts-expect-error there is no such preset
    step('a', { retry: 'often' });
    // @ts-expect-error there is no such preset to change
    step('a', { retry: { preset: 'often' } });
    // @ts-expect-error a rule of one's own is whole
    step('a', { retry: { attempts: 3 } });
    // @ts-expect-error that is no duration
    step('a', { timeout: '1 hr' });
    // @ts-expect-error that is no schema
    step('a', { input: String });
    // @ts-expect-error an id is text
    step(1);
  });

  test('takes every form of retry', () => {
    step('a', { retry: { preset: 'loading', attempts: 7 } });
    step('a', { retry: { attempts: 2, firstWait: 5, longestWait: '1 minute', backoff: 2 } });
    step('a', { retry: 'none', timeout: 90_000, description: 'x', fast: true });
  });
});

describe('a schema that JSON cannot carry is a type error with a sentence', () => {
  test('anywhere in a step', () => {
    // @ts-expect-error This schema holds a Date, which JSON cannot carry.
    step('a', { input: z.object({ at: z.date() }) });
    // @ts-expect-error This schema holds a bigint, which JSON cannot carry.
    step('a', { output: z.object({ id: z.bigint() }) });
    // @ts-expect-error This schema holds a Map, which JSON cannot carry.
    step('a', { input: z.map(z.string(), z.string()) });
    // @ts-expect-error This schema holds a Set, which JSON cannot carry.
    step('a', { input: z.object({ tags: z.array(z.set(z.string())) }) });
    // @ts-expect-error This schema holds a symbol, which JSON cannot carry.
    step('a', { input: z.symbol() });
    // @ts-expect-error This schema holds a Date, which JSON cannot carry.
    step('a', { input: z.union([z.string(), z.object({ at: z.date() })]) });
    // @ts-expect-error This schema holds a Date, which JSON cannot carry.
    step('a', { input: z.record(z.string(), z.date().optional()) });
    // @ts-expect-error This schema turns its input into another type.
    step('a', { input: z.object({ rows: z.string().transform(Number) }) });
    // @ts-expect-error This schema holds a Date, which JSON cannot carry.
    step('a', { input: z.coerce.date() });
  });

  test('in an approval and a pipeline', () => {
    // @ts-expect-error This schema holds a Date, which JSON cannot carry.
    approval('a', { question: '?', answer: z.date() });
    // @ts-expect-error This schema holds a Date, which JSON cannot carry.
    pipeline('a', { input: z.object({ at: z.date() }), output: z.void() }, async () => undefined);
    // @ts-expect-error This schema holds a bigint, which JSON cannot carry.
    pipeline('a', { input: z.object({}), output: z.bigint() }, async () => 1n);
  });

  test('and what JSON carries is taken', () => {
    type Tree = { name: string; children: Tree[] };
    const Tree: z.ZodType<Tree, Tree> = z.object({ name: z.string(), children: z.lazy(() => z.array(Tree)) });
    step('a', { input: Tree, output: z.unknown() });
    step('a', {
      input: z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b'), n: z.number().nullable().default(null) })]),
    });
    step('a', { input: z.tuple([z.string()]).rest(z.number()), output: z.record(z.string(), z.array(z.boolean())) });
    step('a', { input: z.looseObject({ a: z.string() }), output: z.string().trim().min(1).optional() });
  });
});

describe('an approval', () => {
  test('gives its answer', () => {
    expectTypeOf(flow.approve(release)).resolves.toEqualTypeOf<Decision<{ reason: string }>>();
    expectTypeOf(flow.approve(goOn, { evidence: { score: 1 }, within: '4 hours' })).resolves.toEqualTypeOf<Decision<void>>();
    expectTypeOf<Decision<{ reason: string }>['all'][number]['answer']>().toEqualTypeOf<{ reason: string }>();
  });

  test('refuses what is wrong', () => {
    // @ts-expect-error a question is needed
    approval('a', {});
    // @ts-expect-error there is no such option
    approval('a', { question: '?', deadline: '1 hour' });
    // @ts-expect-error that is no duration
    approval('a', { question: '?', within: '4h' });
    // @ts-expect-error nobody could decide
    approval('a', { question: '?', roles: [] });
    // @ts-expect-error it is left out instead
    approval('a', { question: '?', notStarter: false });
    // @ts-expect-error that is no approval
    void flow.approve('release');
    // @ts-expect-error there is no such option
    void flow.approve(release, { deadline: '1 hour' });
  });
});

describe('a pipeline', () => {
  test('gives its body the parsed input', () => {
    pipeline('a', { input: Day, output: z.number() }, async (_flow, input) => {
      expectTypeOf(input).toEqualTypeOf<{ day: string; limit: number }>();
      return input.limit;
    });
  });

  test('refuses a wrong declaration', () => {
    // @ts-expect-error a schedule is not acted on yet, and so is no option
    pipeline('a', { input: Day, output: z.void(), schedule: '* * * * *' }, async () => undefined);
    // @ts-expect-error an output schema is needed
    pipeline('a', { input: Day }, async () => undefined);
    // @ts-expect-error the body returns something else
    pipeline('a', { input: Day, output: z.number() }, async () => 'one');
    // @ts-expect-error the body is missing
    pipeline('a', { input: Day, output: z.void() });
    // @ts-expect-error that is no duration
    pipeline('a', { input: Day, output: z.void(), maxDuration: 'for ever' }, async () => undefined);
    // @ts-expect-error there is no such outcome
    pipeline('a', { input: Day, output: z.void(), notifications: { failure: async () => undefined } }, async () => undefined);
    // @ts-expect-error those are no approvals
    pipeline('a', { input: Day, output: z.void(), approvals: ['release'] }, async () => undefined);
  });
});

describe('flow', () => {
  test('each gives the results of the work', () => {
    expectTypeOf(flow.each([1, 2], async (item) => String(item))).resolves.toEqualTypeOf<string[]>();
    // @ts-expect-error the work is asynchronous
    void flow.each([1], (item) => item);
    // @ts-expect-error there is no such option
    void flow.each([1], async (item) => item, { atOnce: 3 });
  });

  test('phases feed each other', () => {
    const phases = flow.phases({
      extract: { a: () => count({ day: '' }), b: async () => 'b' },
      transform: async ({ a, b }) => {
        expectTypeOf(a).toEqualTypeOf<{ rows: number }>();
        expectTypeOf(b).toEqualTypeOf<string>();
        return a.rows;
      },
      load: (rows) => {
        expectTypeOf(rows).toEqualTypeOf<number>();
        return { c: async () => rows > 1 };
      },
      transformAtLoad: async ({ c }) => {
        expectTypeOf(c).toEqualTypeOf<boolean>();
        return 'done';
      },
    });
    expectTypeOf(phases).resolves.toEqualTypeOf<{
      extract: { a: { rows: number }; b: string };
      transform: number;
      load: { c: boolean };
      transformAtLoad: string;
    }>();
  });

  test('runPipeline takes the input and gives the output of the pipeline', () => {
    expectTypeOf(flow.runPipeline(daily, { day: '' })).resolves.toEqualTypeOf<{ rows: number }>();
    // @ts-expect-error a field has the wrong type
    void flow.runPipeline(daily, { day: 1 });
    // @ts-expect-error a pipeline is run by itself, not by its id
    void flow.runPipeline('daily', { day: '' });
    // @ts-expect-error there is no such option
    void flow.runPipeline(daily, { day: '' }, { id: 'x' });
  });

  test('refuses what is wrong', () => {
    // @ts-expect-error there are two such ends only
    void flow.end('FAILED', { status: 'FAILED' });
    void flow.end('CANCELLED', { status: 'CANCELLED', rows: 0 });
    // @ts-expect-error whoever started this run as a child would take it for a success
    void flow.end('CANCELLED', { rows: 0 });
    // @ts-expect-error that is no duration
    void flow.sleep('a while');
    // @ts-expect-error an undo is a function: it must not run now
    flow.undo(ping());
    // @ts-expect-error that is no step
    flow.skip('count', 'because');
    // @ts-expect-error records are counted
    flow.log('read', { records: 'many' });
  });
});

describe('implement', () => {
  test('gives the work its parsed input, and takes its output', () => {
    implement(
      { count, ping },
      {
        count: async (input, context) => {
          expectTypeOf(input).toEqualTypeOf<{ day: string; limit: number }>();
          expectTypeOf(context.attempt).toEqualTypeOf<number>();
          return { rows: input.limit };
        },
        ping: async () => undefined,
      },
    );
  });

  test('refuses what is wrong', () => {
    // @ts-expect-error the work of ping is missing
    implement({ count, ping }, { count: async () => ({ rows: 1 }) });
    // @ts-expect-error the output is wrong
    implement({ count }, { count: async () => ({ rows: 'one' }) });
    // @ts-expect-error the output is missing
    implement({ count }, { count: async () => undefined });
    // @ts-expect-error the work is asynchronous
    implement({ count }, { count: () => ({ rows: 1 }) });
    // @ts-expect-error that is no step
    implement({ count: 'count' }, { count: async () => ({ rows: 1 }) });
    // @ts-expect-error there is no such step
    implement({ count }, { count: async () => ({ rows: 1 }), ping: async () => undefined });
  });

  test('replace is as strict', () => {
    replace(count, async ({ limit }) => ({ rows: limit }));
    // @ts-expect-error the output is wrong
    replace(count, async () => ({ rows: 'one' }));
    // @ts-expect-error the input has no such field
    replace(count, async ({ dya }) => ({ rows: dya }));
  });
});

test('a duration is a number, or a count with its unit', () => {
  expectTypeOf<'4 hours' | '1 day' | '30 seconds' | '500 ms' | 12>().toExtend<Duration>();
  expectTypeOf<'4h'>().not.toExtend<Duration>();
  expectTypeOf<'soon'>().not.toExtend<Duration>();
  expectTypeOf<TableRef>().toEqualTypeOf<{ connection: string; table: string }>();
});
