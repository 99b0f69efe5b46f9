import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realBed, skippingBed, timeSkipping } from './bed.fixture.js';
import { asking, count, lonely, patient, publish, retract, sales, week } from './fixtures/pipelines/sales.js';
import { replace, type TestBed } from './index.js';

const folder = new URL('./fixtures/pipelines', import.meta.url);
const day = '2026-02-12';
const bad = replace(count, async () => ({ rows: 7, score: 0.5 }));

let bed: TestBed;

const behaviours = () => {
  test('a run does the real work of steps that are not replaced', async () => {
    const { status, output, calls } = await bed.run(sales, { day });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: { rows: 1 } });
    expect(calls.map(({ step }) => step)).toEqual(['count_orders', 'publish', 'stamp']);
  });

  test('a replaced step is called with its input, and its context is the real one', async () => {
    let key = '';
    const steps = [
      replace(count, async (input, context) => {
        key = context.key;
        return { rows: input.day.length, score: 1 };
      }),
    ];
    const { output, calls, workflowId } = await bed.run(sales, { day }, { steps });
    expect(output).toEqual({ rows: 10 });
    expect(calls[0]).toEqual({ pipeline: 'sales', callId: 'count_orders#1', step: 'count_orders', input: { day } });
    expect(key).toMatch(new RegExp(`^${workflowId}/.+/count_orders#1$`));
  });

  test('an approval is answered in code, by somebody', async () => {
    const { output, run } = await bed.run(sales, { day }, { steps: [bad], approvals: { release_anyway: { answer: { reason: 'checked' }, by: 'ann' } } });
    expect(output).toEqual({ rows: 7, by: 'ann' });
    expect(run.approvals).toMatchObject([{ decision: 'approve', answer: { reason: 'checked' } }]);
  });

  test('a reply may depend on what is asked', async () => {
    const { status, reason } = await bed.run(
      sales,
      { day },
      { steps: [bad], approvals: { release_anyway: ({ evidence }) => ({ decline: true, comment: `score ${(evidence as { score: number }).score}` }) } },
    );
    expect({ status, reason }).toEqual({ status: 'CANCELLED', reason: 'score 0.5' });
  });

  test('an approval without an answer takes a bare yes', async () => {
    expect((await bed.run(asking, {}, { approvals: { go_on: 'approve' } })).output).toBe('gone on');
  });

  test('an approval to which the test has no reply is named', async () => {
    await expect(bed.run(sales, { day }, { steps: [bad] })).rejects.toMatchObject({
      code: 'not_waiting',
      message: expect.stringContaining("waits for 'release_anyway'"),
      fix: expect.stringContaining("release_anyway: 'expire'"),
    });
  });

  test('a misspelt approval is named before the run starts', async () => {
    await expect(bed.run(sales, { day }, { approvals: { relaese: 'approve' } })).rejects.toMatchObject({ code: 'unknown_approval' });
  });

  test('an answer that does not fit its form is refused', async () => {
    await expect(bed.run(sales, { day }, { steps: [bad], approvals: { release_anyway: 'approve' } })).rejects.toMatchObject({ code: 'wrong_answer' });
  });

  test('a failed step undoes, and the result tells it', async () => {
    const steps = [replace(publish, async () => Promise.reject(new RangeError('full'))), replace(retract, async () => undefined)];
    const { status, error, calls, run } = await bed.run(sales, { day }, { steps: [...steps] });
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ type: 'StepFailed', message: expect.stringContaining('full') });
    expect(calls.at(-1)).toMatchObject({ callId: 'retract#1', input: { day } });
    expect(run.undo).toBe('DONE');
  }, 150_000);

  test('children play with the cast of their parent', async () => {
    const { output, calls } = await bed.run(
      week,
      { days: [day, '2026-02-13'] },
      { steps: [bad], approvals: { release_anyway: { answer: { reason: 'week' } } } },
    );
    expect(output).toBe(14);
    expect(calls.filter(({ step }) => step === 'count_orders')).toHaveLength(2);
  });

  test('a step that nobody does ends the run with its name and the fix', async () => {
    const { status, error } = await bed.run(lonely, { day });
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code: 'not_implemented', message: expect.stringContaining("'orphan'"), fix: expect.stringContaining('replace(orphan') });
  });

  test('input that does not fit is refused before a run starts', async () => {
    await expect(bed.run(sales, { day: 'tomorrow' })).rejects.toMatchObject({ code: 'wrong_input' });
  });
};

describe.skipIf(!timeSkipping)('on the server that skips time', () => {
  beforeAll(async () => {
    bed = await skippingBed(folder);
  });
  afterAll(() => bed.close());
  behaviours();

  test('an approval that nobody decides in 4 hours expires in less than 2 seconds', async () => {
    const before = Date.now();
    const { status, reason, calls } = await bed.run(sales, { day }, { steps: [bad], approvals: { release_anyway: 'expire' } });
    expect(Date.now() - before).toBeLessThan(2_000);
    expect({ status, reason }).toEqual({ status: 'CANCELLED', reason: "Nobody decided on 'release_anyway' within 4h." });
    expect(calls.map(({ step }) => step)).toEqual(['count_orders']);
  });

  test('a decision may come hours after its question', async () => {
    const { run } = await bed.run(sales, { day }, { steps: [bad], approvals: { release_anyway: { answer: { reason: 'late' }, after: '3 hours' } } });
    expect(run.status).toBe('SUCCEEDED');
    expect(Date.parse(run.endedAt ?? '') - Date.parse(run.startedAt)).toBeGreaterThanOrEqual(3 * 3_600_000);
  });

  test('twenty days of sleep pass at once', async () => {
    expect((await bed.run(patient, { sleeps: 20 })).output).toBe(20);
  });

  test('the waits between attempts pass at once', async () => {
    let attempts = 0;
    const flaky = replace(count, async () => (++attempts < 5 ? Promise.reject(new Error('busy')) : { rows: 5, score: 1 }));
    const before = Date.now();
    const { output, run } = await bed.run(sales, { day }, { steps: [flaky] });
    expect({ output, retries: run.retries }).toEqual({ output: { rows: 5 }, retries: 4 });
    expect(Date.now() - before).toBeLessThan(3_000);
  });
});

describe('on a real server', () => {
  beforeAll(async () => {
    bed = await realBed(folder);
  });
  afterAll(() => bed.close());
  test('a run succeeds', async () => {
    expect((await bed.run(sales, { day })).output).toEqual({ rows: 1 });
  });
});
