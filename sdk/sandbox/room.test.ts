import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refused, ValidationError } from '../authoring/errors.js';
import { keepsFailing } from '../node/status/problem.js';
import { realBed } from '../testing/bed.fixture.js';
import { replace, type TestBed, type TestResult } from '../testing/index.js';
import { chain, crowd } from './fixtures/pipelines/crowds.js';
import { act, glance } from './fixtures/pipelines/steps.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await realBed(new URL('./fixtures/pipelines', import.meta.url));
});
afterAll(() => bed.close());

const ok = replace(act, async () => 'ok');

/** Workflow tasks that failed: each would be tried again, for ever. */
const failedTasks = ({ history }: TestResult<unknown>) =>
  history.events.filter(({ workflowTaskFailedEventAttributes: failed }) => failed != null && keepsFailing(failed)).length;

describe('what a run gives Temporal at one moment', () => {
  test('goes in portions where a message could not take it: a thousand lines of log with 10 KB each', async () => {
    const result = await bed.run(crowd, { what: 'lines', count: 1_000, bytes: 10_000 });
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 1_000 });
    expect(failedTasks(result)).toBe(0);
    expect(result.run.logs[0]?.message).toHaveLength(10_000);
    expect(result.run.logs.at(-1)?.message).toMatch(/^x{200}… \(9,800 more characters\)$/);
  });

  test('goes at once where it fits: a run of few calls has no event more', async () => {
    const { history } = await bed.run(crowd, { what: 'calls', count: 100, bytes: 10_000 }, { steps: [ok] });
    expect(history.events.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes != null)).toBe(false);
  });

  test('goes one after another where it is too many: a call of six hundred waits for a moment', async () => {
    const { history, output } = await bed.run(crowd, { what: 'calls', count: 600 }, { steps: [ok] });
    expect(output).toBe(600);
    expect(history.events.filter(({ timerStartedEventAttributes }) => timerStartedEventAttributes != null)).toHaveLength(1);
  });
});

describe('what no portion can carry is refused, typed:', () => {
  test('the input with which a run continues as new', async () => {
    expect(await bed.run(crowd, { what: 'continue', bytes: 2_100_000 })).toMatchObject({
      status: 'FAILED',
      error: { type: 'ValidationError', code: 'payload_too_large', message: expect.stringContaining('input of pipeline crowd') },
    });
  });

  test('the output of a fast step, which stands beside all else of that moment', async () => {
    const result = await bed.run(crowd, { what: 'fast step' }, { steps: [replace(glance, async () => 'x'.repeat(300_000))] });
    expect(result).toMatchObject({ status: 'FAILED', error: { code: 'payload_too_large', message: expect.stringContaining('250,000 are allowed') } });
    expect(failedTasks(result)).toBe(0);
  });

  test('a heartbeat', async () => {
    const beating = replace(act, async (_, { heartbeat }) => {
      heartbeat('x'.repeat(2_100_000));
      return 'never';
    });
    expect(await bed.run(crowd, { what: 'step' }, { steps: [beating] })).toMatchObject({
      status: 'FAILED',
      error: { type: 'ValidationError', code: 'payload_too_large', message: expect.stringContaining('heartbeat of step act') },
    });
  });
});

describe('texts of any length in an error, its fix and its causes end the run:', () => {
  test('of the body', async () => {
    const { status, error } = await bed.run(crowd, { what: 'causes', bytes: 300_000, count: 30 });
    expect({ status, type: error?.type, message: error?.message }).toEqual({ status: 'FAILED', type: 'ValidationError', message: 'It is short.' });
    expect(error?.fix).toMatch(/x… \(290,000 more characters\)$/);
  });

  test.each([
    ['a step that is not tried again', new Refused('It is short.', { fix: 'x'.repeat(5_000_000), cause: chain('x'.repeat(300_000), 30) })],
    ['a step of a team’s own error', Object.assign(new Error('It is short.', { cause: chain('x'.repeat(3_000_000), 2) }), { name: 'OwnError' })],
    ['a step that throws another’s refusal', new ValidationError('It is short.', { where: 'x'.repeat(5_000_000) })],
  ])('of %s', async (_, error) => {
    const throwing = replace(act, async () => {
      throw error;
    });
    const result = await bed.run(crowd, { what: 'step' }, { steps: [throwing] });
    expect(result).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('It is short.') } });
    expect(failedTasks(result)).toBe(0);
  });
});
