import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandleWithFirstExecutionRunId as Handle } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runStep } from '../activities/run-step.fixture.js';
import sqlRun from '../activities/sql/run.js';
import { sql } from '../activities/sql/steps.js';
import { stepContext } from '../activities/step-context.fixture.js';
import { type RunMemo, withEvidence } from '../sdk/authoring/run-memo.js';
import { implement } from '../sdk/node/index.js';
import { loadOwn, undoOwn } from './pipeline/own-stages.fixture.js';
import { startWorker, type TestWorker } from './worker.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'headrace-data-pipeline-'));
const connections = { shop: { kind: 'files', folder }, lake: { kind: 'duckdb', folder: join(folder, 'lake') }, console: { kind: 'console' } } as const;
const undone: string[] = [];
const own = implement(
  { loadOwn, undoOwn },
  {
    loadOwn: async ({ fails }) => {
      if (fails) throw new Error('the load broke');
      return { rows: 6 };
    },
    undoOwn: async () => void undone.push('load'),
  },
);
let worker: TestWorker;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  writeFileSync(join(folder, 'orders.csv'), 'id,city,amount\n1,Bonn,10\n2,Bonn,20\n3,,5\n4,Cork,\n');
  worker = await startWorker(fileURLToPath(new URL('./pipeline/own-stages.fixture.ts', import.meta.url)), [own], connections);
});
afterAll(async () => {
  await worker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const table = (name: string) => ({ connection: 'lake', table: name });
const orders = (target: string, more: Record<string, unknown> = {}) => ({
  source: { from: { files: 'shop', path: 'orders.csv' }, into: 'lake' },
  checks: [{ check: 'row_count', min: 1 }],
  transform: { statement: 'SELECT city, sum(amount) AS amount FROM extracted WHERE amount >= $least GROUP BY city', parameters: { least: 10 } },
  target: { mode: 'append', into: table(target) },
  ...more,
});
const poor = {
  checks: [
    { check: 'row_count', min: 1 },
    { check: 'not_null', column: 'city', severity: 'critical' },
  ],
  minQualityScore: 0.9,
};

const state = async (handle: Handle) => {
  const { typedSearchAttributes, memo } = await handle.describe();
  return {
    state: typedSearchAttributes.get({ name: 'HeadraceState', type: 'KEYWORD' }),
    waiting: withEvidence((memo?.headrace as RunMemo | undefined)?.waiting ?? [], (key) => memo?.[key]),
  };
};
const waiting = (handle: Handle) => vi.waitFor(async () => expect((await state(handle)).state).toBe('WAITING_FOR_APPROVAL'), { timeout: 20_000, interval: 50 });
const decide = (handle: Handle, decision: string, comment: string) =>
  handle.executeUpdate('decide', { args: [{ approval: 'accept_quality', decision, decisionId: '1', comment, by: 'ada' }] });
const stepsOf = async (handle: Handle) =>
  (await handle.fetchHistory()).events?.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
const failure = (handle: Handle) =>
  handle.result().then(
    () => 'it did not fail',
    (error: Error) => (error.cause as Error).message,
  );
const rowsIn = async (name: string) =>
  ((await runStep(sqlRun, sql, { on: 'lake', statement: `SELECT * FROM ${name} ORDER BY 1` }, stepContext(connections))) as { rows: unknown }).rows;

describe('a data pipeline', () => {
  it('extracts, checks, transforms, loads, and tells of its end', async () => {
    const handle = await worker.start('data_pipeline', orders('by_city', { notify: ['console'] }));
    const result = (await handle.result()) as { duration: number };
    expect(result).toMatchObject({ status: 'COMPLETED', rowsProcessed: 1, score: 1 });
    expect(result.duration).toBeGreaterThan(0);
    expect(await stepsOf(handle)).toEqual(['extract_data', 'validate_quality', 'sql', 'load_data', 'notify_pipeline_completion']);
    expect(await rowsIn('by_city')).toMatchObject([{ city: 'Bonn' }]);
  });

  it('loads what it extracted where it declares neither checks nor a transform', async () => {
    const handle = await worker.start('data_pipeline', orders('raw', { checks: [], transform: undefined }));
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED', rowsProcessed: 4 });
    expect(await stepsOf(handle)).toEqual(['extract_data', 'load_data']);
  });

  it('asks people when the quality is below the threshold, for 4 hours, and loads when they approve', async () => {
    const handle = await worker.start('data_pipeline', orders('accepted', { ...poor, notify: ['console'] }));
    await waiting(handle);
    const [asked] = (await state(handle)).waiting;
    expect(Date.parse(asked?.deadline ?? '') - Date.parse(asked?.since ?? '')).toBe(4 * 3_600_000);
    expect(asked?.evidence).toMatchObject({ score: 0.5, minimum: 0.9, failedChecks: [{ severity: 'critical' }] });
    await decide(handle, 'approve', 'known gap');
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED', score: 0.5, decision: { approved: true, by: 'ada', comment: 'known gap' } });
    expect(await stepsOf(handle)).toContain('notify_quality_issue');
  });

  it("ends CANCELLED with the decliner's reason when they decline, and loads nothing", async () => {
    const handle = await worker.start('data_pipeline', orders('declined', poor));
    await waiting(handle);
    await decide(handle, 'decline', 'wait for the correction');
    expect(await handle.result()).toMatchObject({
      status: 'CANCELLED',
      reason: 'Quality below threshold',
      rowsProcessed: 0,
      decision: { approved: false, by: 'ada', comment: 'wait for the correction' },
    });
    expect((await state(handle)).state).toBe('CANCELLED');
    expect(await stepsOf(handle)).toEqual(['extract_data', 'validate_quality']);
  });

  it('ends CANCELLED when nobody decides in time', async () => {
    const handle = await worker.start('data_pipeline', orders('expired', { ...poor, approvalWithin: '1 second' }));
    expect(await handle.result()).toMatchObject({ status: 'CANCELLED', reason: 'Quality below threshold' });
    expect((await state(handle)).state).toBe('CANCELLED');
  });

  it('fails, and tells so, when a step fails for good', async () => {
    const handle = await worker.start('data_pipeline', orders('broken', { transform: { statement: 'SELECT nothing FROM extracted' }, notify: ['console'] }));
    expect(await failure(handle)).toMatch(/nothing/);
    expect((await stepsOf(handle))?.at(-1)).toBe('notify_failure');
  });

  it.each([
    ['without a target', { target: undefined }, /target/],
    ['with a misspelt option', { minQualityScor: 0.9 }, /minQualityScor/],
    ['with an unknown check', { checks: [{ check: 'astrology' }] }, /checks/],
    ['with a score above 1', { minQualityScore: 95 }, /minQualityScore/],
    ['with a deadline that is no time', { approvalWithin: 'soon' }, /approvalWithin/],
  ])('is refused %s', async (_, change, message) => {
    expect(await failure(await worker.start('data_pipeline', orders('refused', change)))).toMatch(message);
  });
});

describe("a data pipeline of a team's own stages", () => {
  it('runs them', async () => {
    expect(await (await worker.start('own_stages', { score: 0.95 })).result()).toMatchObject({ status: 'COMPLETED', rowsProcessed: 6, score: 0.95 });
    expect(await (await worker.start('own_stages', { score: 0.2 })).result()).toMatchObject({ status: 'CANCELLED', reason: 'Quality below threshold' });
  });

  it('undoes a load that fails', async () => {
    undone.length = 0;
    expect(await failure(await worker.start('own_stages', { fails: true }))).toMatch(/the load broke/);
    expect(undone).toEqual(['load']);
  });
});
