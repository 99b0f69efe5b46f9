import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realBed } from '../testing/bed.fixture.js';
import { replace, type TestBed } from '../testing/index.js';
import { children, continuing, endingBeside, extreme, late } from './fixtures/pipelines/extremes.js';
import { act } from './fixtures/pipelines/steps.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await realBed(new URL('./fixtures/pipelines', import.meta.url));
});
afterAll(() => bed.close());

/** Notes when each call ends. */
function noting() {
  const ended: string[] = [];
  const step = replace(act, async ({ name }) => {
    if (name === 'slow') await new Promise((resolve) => setTimeout(resolve, 300));
    ended.push(name);
    if (name === 'fail') throw new RangeError(name);
    return name;
  });
  return { ended, steps: [step] };
}

describe('what Temporal would refuse, for ever, is bounded', () => {
  test('an error with megabytes of text fails the run, after undo', async () => {
    const { ended, steps } = noting();
    const { status, error } = await bed.run(extreme, { what: 'error' }, { steps });
    expect({ status, ended }).toEqual({ status: 'FAILED', ended: ['undo'] });
    expect(error?.message).toMatch(/x{10000}… \(2,990,000 more characters\)$/);
  });

  test('long texts of log and skip are shortened', async () => {
    const { run, status } = await bed.run(extreme, { what: 'texts' }, noting());
    expect(status).toBe('SUCCEEDED');
    expect(run.logs[0]?.message).toMatch(/more characters\)$/);
    expect(run.activities[0]).toMatchObject({ status: 'SKIPPED', reason: expect.stringMatching(/more characters\)$/) });
  });

  test('a thousand skips cost a thousand small events', async () => {
    const { run, status } = await bed.run(extreme, { what: 'skips' }, noting());
    expect({ status, lines: run.activities.length }).toEqual({ status: 'SUCCEEDED', lines: 1_000 });
  });

  test('thousands of wrong values are told by the first', async () => {
    const { taskQueue } = bed.server.temporal;
    const args = [{ what: 'nothing', items: Array.from({ length: 60_000 }, () => 'a') }];
    const workflowId = `wrong-${Date.now()}`;
    const failed = await bed.server.client.workflow.execute('extreme', { taskQueue, workflowId, args }).catch((error: Error) => error.cause);
    expect(failed).toMatchObject({ type: 'ValidationError', message: expect.stringContaining('and 59980 more') });
  });

  test('ten questions at once with evidence of 95 KB each are asked, with their evidence; eleven are refused', async () => {
    const run = await bed.start(extreme, { what: 'questions' }, { ...noting(), approvals: { go_on: 'expire' } });
    await run.waiting('go_on#10');
    expect((await run.status()).pendingSignals.map(({ evidence }) => (evidence as string).length)).toEqual(Array.from({ length: 10 }, () => 95_000));
    expect((await run.ended()).status).toBe('SUCCEEDED');
    const { ended, steps } = noting();
    const result = await bed.run(extreme, { what: 'too many questions' }, { steps });
    expect(result).toMatchObject({ status: 'FAILED', error: { type: 'ValidationError', code: 'payload_too_large' } });
    expect(ended).toEqual(['undo']);
  });
});

describe('branches', () => {
  test('one that fails before it is awaited fails the run when it is', async () => {
    const { ended, steps } = noting();
    const result = await bed.run(extreme, { what: 'awaited late' }, { steps });
    expect(result).toMatchObject({ status: 'FAILED', error: { type: 'StepFailed' } });
    expect(ended).toEqual(['fail', 'slow', 'undo']);
  });

  test('flow.end undoes nothing while a step of another branch works', async () => {
    const { ended, steps } = noting();
    const { status } = await bed.run(endingBeside, {}, { steps });
    expect({ status, ended }).toEqual({ status: 'ROLLED_BACK', ended: ['quick', 'slow', 'undo'] });
  });
});

describe("the run's deadline", () => {
  test('comes before an approval that has more time, and leaves undo its own', async () => {
    const { ended, steps } = noting();
    const run = await bed.start(late, {}, { steps, approvals: { go_on: 'expire' } });
    const { deadline } = await run.waiting('go_on');
    const result = await run.ended();
    expect(Date.parse(deadline) - Date.parse(result.run.startedAt)).toBeLessThanOrEqual(500);
    expect(result).toMatchObject({ status: 'TIMED_OUT', run: { undo: 'DONE' } });
    expect(ended).toEqual(['undone by a child']);
  });

  test('and its progress stay what they are when it continues as new', async () => {
    const run = await bed.start(continuing, { left: 2 }, noting());
    const { output, status } = await run.ended();
    expect(status).toBe('SUCCEEDED');
    expect({ deadlines: output?.length, different: new Set(output).size }).toEqual({ deadlines: 3, different: 1 });
    const { memo } = await run.handle.describe();
    expect(memo).toMatchObject({ headrace: { progress: 0.7 } });
  });
});

describe('a child', () => {
  test('that no worker knows is refused, and does not run for ever', async () => {
    const { error } = await bed.run(children, { what: 'not exported' }, noting());
    expect(error).toMatchObject({ code: 'unknown_pipeline', fix: expect.stringContaining('export const') });
  });

  test('that is out of its own time has failed: its parent is not out of time', async () => {
    const result = await bed.run(children, { what: 'late' }, { ...noting(), approvals: { go_on: 'expire' } });
    expect(result).toMatchObject({ status: 'FAILED', error: { type: 'StepFailed', message: expect.stringContaining('maxDuration') } });
  });

  test('under the id of a run that goes on is refused with the fix', async () => {
    const { error } = await bed.run(children, { what: 'the same id' }, noting());
    expect(error).toMatchObject({ code: 'run_exists', fix: expect.stringContaining('workflow id') });
  });
});
