import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realBed } from '../testing/bed.fixture.js';
import { replace, type TestBed } from '../testing/index.js';
import { bounded, calling, phased, timed } from './fixtures/pipelines/calls.js';
import { act, flaky, glance, measure, whisper } from './fixtures/pipelines/steps.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await realBed(new URL('./fixtures/pipelines', import.meta.url));
});
afterAll(() => bed.close());

const works = replace(act, async ({ name }) => (name.includes('fail') ? Promise.reject(new RangeError(name)) : name));

/** Notes how many calls run at once, and in what order they begin. */
function watched() {
  const begun: string[] = [];
  const most = new Map<string, number>();
  const now = new Map<string, number>();
  const step = replace(act, async ({ name }) => {
    const group = name.slice(0, 1);
    begun.push(name);
    now.set(group, (now.get(group) ?? 0) + 1);
    most.set(group, Math.max(most.get(group) ?? 0, now.get(group) ?? 0));
    await new Promise((resolve) => setTimeout(resolve, 60));
    now.set(group, (now.get(group) ?? 0) - 1);
    return name;
  });
  return { begun, most, steps: [step] };
}

describe('phases', () => {
  test('run in order; extract and load at once, transform and transform-at-load one by one even under Promise.all', async () => {
    const { begun, most, steps } = watched();
    const { output, run } = await bed.run(phased, { width: 3 }, { steps });
    expect(output).toEqual(['e0', 'e1', 'e2', 't0', 't1', 't2', 'l0', 'l1', 'l2', 'a0', 'a1', 'a2']);
    expect(begun.map((name) => name[0]).join('')).toBe('eeetttlllaaa');
    expect(begun.filter((name) => name.startsWith('t'))).toEqual(['t0', 't1', 't2']);
    expect(most.get('e')).toBeGreaterThan(1);
    expect(most.get('l')).toBeGreaterThan(1);
    expect({ t: most.get('t'), a: most.get('a') }).toEqual({ t: 1, a: 1 });
    expect([...new Set(run.activities.map(({ phase }) => phase))]).toEqual(['extract', 'transform', 'load', 'transform-at-load']);
  });

  test('keep to their concurrency', async () => {
    const { most, steps } = watched();
    await bed.run(phased, { width: 4, concurrency: 1 }, { steps });
    expect([...most.values()]).toEqual([1, 1, 1, 1]);
  });
});

describe('each', () => {
  test('never runs more at once than it may, and gives the results in the order of the items', async () => {
    const { most, steps } = watched();
    const { output } = await bed.run(bounded, { count: 9, concurrency: 3 }, { steps });
    expect(output).toEqual(['i0', 'i1', 'i2', 'i3', 'i4', 'i5', 'i6', 'i7', 'i8']);
    expect(most.get('i')).toBe(3);
  });

  test('begins no further item after a failure, and throws it', async () => {
    const failing = replace(act, async ({ name }) => (name === 'i1' ? Promise.reject(new RangeError('i1 is broken')) : name));
    const { status, error, calls } = await bed.run(bounded, { count: 9, concurrency: 1 }, { steps: [failing] });
    expect({ status, message: error?.message }).toEqual({ status: 'FAILED', message: 'act#2 failed: i1 is broken' });
    expect(calls).toHaveLength(2);
  });

  test('refuses a concurrency of none', async () => {
    expect((await bed.run(bounded, { count: 1, concurrency: 0 }, { steps: [works] })).error).toMatchObject({ code: 'bad_declaration' });
  });
});

describe('a step call', () => {
  test('that fails for good is a StepFailed, which the body may catch', async () => {
    expect((await bed.run(calling, { what: 'catch' }, { steps: [works] })).output).toBe('act act#1 RangeError');
  });

  test('that fails for good gives what its step says otherwise, and is told in the log', async () => {
    const fails = replace(whisper, () => Promise.reject(new RangeError('nobody listens')));
    const { status, output, run } = await bed.run(calling, { what: 'whisper' }, { steps: [fails] });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: 'heard by 0' });
    expect(run.activities).toMatchObject([{ name: 'whisper', status: 'FAILED' }]);
    expect(run.logs.map(({ message }) => message)).toEqual(['The run goes on without it: whisper#1 failed: nobody listens']);
  });

  test('that nobody awaits and that fails, fails the run', async () => {
    expect(await bed.run(calling, { what: 'floating' }, { steps: [works] })).toMatchObject({ status: 'FAILED', error: { type: 'StepFailed' } });
  });

  test('that says in the words of Temporal that trying again cannot help is not tried again', async () => {
    const refusing = replace(flaky, async () => Promise.reject(ApplicationFailure.nonRetryable('closed for good', 'Closed')));
    const { error, calls } = await bed.run(calling, { what: 'flaky' }, { steps: [refusing] });
    expect(error).toMatchObject({ type: 'StepFailed', message: 'flaky#1 failed: closed for good' });
    expect(calls).toHaveLength(1);
  });

  test('that fails after the run was told to stop, and so is not tried again, is cancelled and has not failed', async () => {
    const told = async () => (await run.handle.fetchHistory()).events?.some((it) => it.activityTaskCancelRequestedEventAttributes != null);
    const failing = replace(flaky, async () => {
      await run.handle.cancel();
      await expect.poll(told).toBe(true);
      throw new Error('busy');
    });
    const run = await bed.start(calling, { what: 'flaky' }, { steps: [failing] });
    expect(await run.ended()).toMatchObject({ status: 'CANCELLED', calls: { length: 1 } });
  });

  test('of a fast step is a local activity', async () => {
    const { output, history } = await bed.run(calling, { what: 'glance' }, { steps: [replace(glance, async ({ name }) => name)] });
    expect(output).toBe('g');
    expect(history.events.some(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes != null)).toBe(false);
  });

  test('of a fast step may not take longer than such a step may', async () => {
    const { status, error, calls } = await bed.run(calling, { what: 'long glance' }, { steps: [replace(glance, async ({ name }) => name)] });
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code: 'bad_declaration', where: 'glance#1', message: expect.stringMatching(/glance .*1 hour.*within 10 seconds/) });
    expect(calls).toEqual([]);
  });

  test('whose output is wrong is not tried again, and says what is wrong', async () => {
    const { status, error, calls } = await bed.run(
      calling,
      { what: 'measure' },
      { steps: [replace(measure, async () => ({ rows: 'three' as unknown as number }))] },
    );
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ type: 'ValidationError', code: 'wrong_output', message: expect.stringMatching(/output of step measure.*rows/) });
    expect(calls).toHaveLength(1);
  });

  test('with a wrong input never reaches a worker', async () => {
    const { error, calls } = await bed.run(calling, { what: 'wrong input' }, { steps: [works] });
    expect(error).toMatchObject({ type: 'ValidationError', code: 'wrong_input', message: expect.stringMatching(/input of step act.*name/) });
    expect(calls).toEqual([]);
  });

  test('with an input that Temporal would refuse is refused with its size', async () => {
    const { error, calls } = await bed.run(calling, { what: 'oversize' }, { steps: [works] });
    expect(error).toMatchObject({ type: 'ValidationError', code: 'payload_too_large', message: expect.stringContaining('2,100,011 bytes') });
    expect(calls).toEqual([]);
  });

  test('with an output that Temporal would refuse is refused with its size', async () => {
    const { error } = await bed.run(calling, { what: 'flaky' }, { steps: [replace(flaky, async () => 'x'.repeat(2_100_000))] });
    expect(error).toMatchObject({ code: 'payload_too_large' });
  });

  test('of ten seconds or more is missed within half its time, and within 20 seconds', async () => {
    const { history } = await bed.run(timed, { timeouts: [9_999, 10_000, 30_000, 3_600_000] }, { steps: [works] });
    const scheduled = history.events.flatMap(({ activityTaskScheduledEventAttributes: it }) => (it == null ? [] : [it]));
    expect(scheduled.map(({ heartbeatTimeout: it }) => Number(it?.seconds ?? 0))).toEqual([0, 5, 15, 20]);
  });

  test('whose worker is lost at its last attempt is scheduled anew under the same call id', async () => {
    const keys: string[] = [];
    let lost = 0;
    const dying = replace(act, async ({ name }, { key }) => {
      keys.push(key);
      if (++lost <= 3) throw Object.assign(new Error('The worker stops.'), { name: 'WorkerStopped' });
      return name;
    });
    const { status, run } = await bed.run(bounded, { count: 1, concurrency: 1 }, { steps: [dying] });
    expect(status).toBe('SUCCEEDED');
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(run.activities).toHaveLength(1);
  });

  test('that loses its worker again and again fails in the end', async () => {
    let attempts = 0;
    const dying = replace(act, async () => {
      attempts += 1;
      throw Object.assign(new Error('The worker stops.'), { name: 'WorkerStopped' });
    });
    expect((await bed.run(bounded, { count: 1, concurrency: 1 }, { steps: [dying] })).status).toBe('FAILED');
    expect(attempts).toBe(6);
  });
});
