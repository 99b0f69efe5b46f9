import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide } from '../node/client/decide.js';
import { realBed, skippingBed, timeSkipping } from '../testing/bed.fixture.js';
import { replace, type TestBed, type TestResult } from '../testing/index.js';
import { act, takeBack, tell } from './fixtures/pipelines/steps.js';
import { unawaited } from './fixtures/pipelines/unawaited.js';
import { parent, undoing } from './fixtures/pipelines/undoing.js';

const folder = new URL('./fixtures/pipelines', import.meta.url);
let bed: TestBed;

const works = replace(act, async ({ name }) => (name.includes('fail') ? Promise.reject(new RangeError(name)) : name));
const undone = replace(takeBack, async () => undefined);
const told = replace(tell, async () => undefined);
const steps = [works, undone, told];

const undos = ({ calls }: TestResult<unknown>) => calls.filter(({ step }) => step === 'take_back').map(({ input }) => (input as { name: string }).name);
const notice = ({ calls }: TestResult<unknown>) => calls.find(({ step }) => step === 'tell')?.input;

describe('on a real server', () => {
  beforeAll(async () => {
    bed = await realBed(folder);
  });
  afterAll(() => bed.close());

  test('a run that succeeds undoes nothing', async () => {
    const result = await bed.run(undoing, { ending: 'return' }, { steps });
    expect({ status: result.status, undos: undos(result), undo: result.run.undo }).toEqual({ status: 'SUCCEEDED', undos: [], undo: 'NONE' });
  });

  test('a failed step undoes in reverse order, and then tells of it', async () => {
    const result = await bed.run(undoing, { ending: 'fail' }, { steps });
    expect(result.status).toBe('FAILED');
    expect(undos(result)).toEqual(['c', 'b', 'a']);
    expect(notice(result)).toEqual({ status: 'FAILED', undo: 'DONE' });
    expect(result.calls.at(-1)?.step).toBe('tell');
  });

  test('an error of the body itself undoes too, and keeps its own type', async () => {
    const result = await bed.run(undoing, { ending: 'throw' }, { steps });
    expect(undos(result)).toEqual(['c', 'b', 'a']);
    expect(result).toMatchObject({ status: 'FAILED', error: { type: 'TypeError' } });
  });

  test('a declined approval undoes, and the run ends CANCELLED', async () => {
    const result = await bed.run(undoing, { ending: 'ask' }, { steps, approvals: { go_on: 'decline' } });
    expect({ status: result.status, undos: undos(result), notice: notice(result) }).toEqual({
      status: 'CANCELLED',
      undos: ['c', 'b', 'a'],
      notice: { status: 'CANCELLED', undo: 'DONE' },
    });
  });

  test('flow.end undoes and gives the output', async () => {
    const result = await bed.run(undoing, { ending: 'end' }, { steps });
    expect({ status: result.status, output: result.output, undos: undos(result) }).toEqual({
      status: 'ROLLED_BACK',
      output: { status: 'ROLLED_BACK', done: false },
      undos: ['c', 'b', 'a'],
    });
  });

  test('a cancelled run undoes what it did, and a second cancel does not reach the undo', async () => {
    const slow = replace(takeBack, async ({ name }, { signal }) => {
      if (name === 'c') await run.handle.cancel();
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (signal.aborted) throw new Error('the undo was cancelled');
    });
    const run = await bed.start(undoing, { ending: 'ask' }, { steps: [works, slow, told] });
    await run.waiting('go_on');
    await run.handle.cancel();
    const result = await run.ended();
    expect({ status: result.status, undos: undos(result), undo: result.run.undo }).toEqual({ status: 'CANCELLED', undos: ['c', 'b', 'a'], undo: 'DONE' });
  });

  test('a decision that comes while a cancelled run undoes hears that the question was withdrawn', async () => {
    let reply: Promise<unknown> | undefined;
    const deciding = replace(takeBack, async ({ name }) => {
      if (name !== 'c') return;
      reply = decide(bed.server.temporal, run.workflowId, { approval: 'go_on', decision: 'approve' }, {});
      await reply.catch(() => undefined);
    });
    const run = await bed.start(undoing, { ending: 'ask' }, { steps: [works, deciding, told] });
    await run.waiting('go_on');
    await run.handle.cancel();
    await run.ended();
    await expect(reply).rejects.toMatchObject({ code: 'already_decided', message: expect.stringContaining('withdrawn'), decided: { decision: 'withdrawn' } });
  });

  test('a step that works when the run is cancelled is awaited before anything is undone', async () => {
    const order: string[] = [];
    const slow = replace(act, async ({ name }) => {
      if (name !== 'b') return name;
      await run.handle.cancel();
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push('b ends');
      return name;
    });
    const noting = replace(takeBack, async ({ name }) => void order.push(`undo ${name}`));
    const run = await bed.start(undoing, { ending: 'return' }, { steps: [slow, noting, told] });
    const result = await run.ended();
    expect(result.status).toBe('CANCELLED');
    // c's undo was registered, and c itself was not begun any more.
    expect(order).toEqual(['b ends', 'undo c', 'undo b', 'undo a']);
  });

  test('an undo that fails is loud, and the others are still run', async () => {
    const failing = replace(takeBack, async ({ name }) => (name === 'b' ? Promise.reject(new Error('it is locked')) : undefined));
    const result = await bed.run(undoing, { ending: 'fail', retry: 'none' }, { steps: [works, failing, told] });
    expect({ status: result.status, undos: undos(result), undo: result.run.undo, notice: notice(result) }).toEqual({
      status: 'FAILED',
      undos: ['c', 'b', 'a'],
      undo: 'FAILED',
      notice: { status: 'FAILED', undo: 'FAILED' },
    });
  });

  test('what an undo or a notification began is waited for, though neither awaits it', async () => {
    const result = await bed.run(unawaited, {}, { steps });
    expect({ undos: undos(result), undo: result.run.undo, notice: notice(result), problem: result.run.problem }).toEqual({
      undos: ['b', 'a'],
      undo: 'DONE',
      notice: { status: 'FAILED', undo: 'DONE' },
    });
  });

  test('an undo that is not awaited and fails is loud too', async () => {
    const failing = replace(takeBack, async ({ name }) => (name === 'b' ? Promise.reject(new Error('it is locked')) : undefined));
    const result = await bed.run(unawaited, {}, { steps: [works, failing, told] });
    expect({ undos: undos(result), undo: result.run.undo, notice: notice(result) }).toEqual({
      undos: ['b', 'a'],
      undo: 'FAILED',
      notice: { status: 'FAILED', undo: 'FAILED' },
    });
  });

  test('a run that was to end rolled back and could not be undone is FAILED', async () => {
    const failing = replace(takeBack, async ({ name }) => (name === 'b' ? Promise.reject(new Error('it is locked')) : undefined));
    const result = await bed.run(undoing, { ending: 'end', retry: 'none' }, { steps: [works, failing, told] });
    expect(result).toMatchObject({ status: 'FAILED', run: { undo: 'FAILED' }, error: { type: 'UndoFailed', message: expect.stringContaining('ROLLED_BACK') } });
    expect(undos(result)).toEqual(['c', 'b', 'a']);
  });

  test('a child is cancelled and undone with its parent, before the parent undoes itself', async () => {
    const run = await bed.start(parent, { detach: false }, { steps });
    while ((await run.status()).children[0]?.status !== 'RUNNING') await new Promise((resolve) => setTimeout(resolve, 20));
    const childId = (await run.status()).children[0]?.workflowId ?? '';
    const child = bed.server.client.workflow.getHandle(childId);
    while (
      ((await child.fetchHistory()).events ?? []).filter(({ activityTaskCompletedEventAttributes }) => activityTaskCompletedEventAttributes != null).length < 3
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
    await run.handle.cancel();
    const result = await run.ended();
    expect({ status: result.status, undos: undos(result) }).toEqual({ status: 'CANCELLED', undos: ['c', 'b', 'a', 'parent'] });
    expect((await child.describe()).status.name).toBe('CANCELLED');
  });

  test('a child that somebody else cancelled has failed its parent, which was not cancelled', async () => {
    const run = await bed.start(parent, { detach: false }, { steps });
    while ((await run.status()).children[0]?.status !== 'RUNNING') await new Promise((resolve) => setTimeout(resolve, 20));
    await bed.server.client.workflow.getHandle((await run.status()).children[0]?.workflowId ?? '').cancel();
    const result = await run.ended();
    expect(result).toMatchObject({ status: 'FAILED', error: { type: 'StepFailed', message: 'undoing#1 was cancelled.' } });
    expect(undos(result).at(-1)).toBe('parent');
  });

  test('a child that nobody awaits is cancelled and undone when its parent fails', async () => {
    const result = await bed.run(
      parent,
      { detach: true },
      {
        steps: [
          replace(act, async ({ name }) => (name === 'parent fails' ? new Promise((_, reject) => setTimeout(() => reject(new Error(name)), 700)) : name)),
          undone,
          told,
        ],
      },
    );
    expect(result.status).toBe('FAILED');
    expect(undos(result)).toEqual(['c', 'b', 'a', 'parent']);
  });
});

describe.skipIf(!timeSkipping)('in skipped time', () => {
  beforeAll(async () => {
    bed = await skippingBed(folder);
  });
  afterAll(() => bed.close());

  test('an expired approval undoes, and the run ends CANCELLED', async () => {
    const result = await bed.run(undoing, { ending: 'ask' }, { steps, approvals: { go_on: 'expire' } });
    expect({ status: result.status, undos: undos(result) }).toEqual({ status: 'CANCELLED', undos: ['c', 'b', 'a'] });
  });

  test("the run's deadline undoes, and the run ends TIMED_OUT after exactly its maxDuration", async () => {
    const result = await bed.run(undoing, { ending: 'sleep' }, { steps });
    expect({ status: result.status, undos: undos(result), notice: notice(result) }).toEqual({
      status: 'TIMED_OUT',
      undos: ['c', 'b', 'a'],
      notice: { status: 'TIMED_OUT', undo: 'DONE' },
    });
    expect(Math.abs(Date.parse(result.run.endedAt ?? '') - Date.parse(result.run.startedAt) - 86_400_000)).toBeLessThan(5_000);
    expect(result.error).toMatchObject({ type: 'RunTimedOut', code: 'run_timed_out' });
  });

  test('an undo is tried again by the backup preset', async () => {
    let attempts = 0;
    const flaky = replace(takeBack, async () => (++attempts === 1 ? Promise.reject(new Error('busy')) : undefined));
    const result = await bed.run(undoing, { ending: 'fail' }, { steps: [works, flaky, told] });
    expect(result.run.undo).toBe('DONE');
    expect(result.run.activities.find(({ callId }) => callId === 'take_back#1')).toMatchObject({ attempt: 2, undo: true });
  });
});
