import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshLake, Warehouse } from '../activities/load/lake.fixture.js';
import partitionRun from '../activities/partition/run.js';
import { forget, seen, work } from './backfill/partition-work.fixture.js';
import { startWorker, type TestWorker } from './worker.fixture.js';

const folder = freshLake();
const connections = { lake: { kind: 'duckdb', folder } } as const;
const warehouse = new Warehouse(connections);
const partitions = fileURLToPath(new URL('./backfill/partitions.fixture.ts', import.meta.url));
let worker: TestWorker;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  worker = await startWorker(partitions, [partitionRun, work], connections);
});
afterAll(async () => {
  await worker?.stop();
  rmSync(dirname(folder), { recursive: true, force: true });
});
beforeEach(forget);

const days = (end: string, more: Record<string, unknown> = {}, input: Record<string, unknown> = {}) => ({
  start: '2001-01-01',
  end,
  size: 'day',
  pipeline: 'one_day',
  partitionAs: 'day',
  input,
  ...more,
});
const refusal = (handle: WorkflowHandleWithFirstExecutionRunId) =>
  handle.result().then(
    () => 'it was not refused',
    (error: Error) => (error.cause as Error).message,
  );
const childOf = (handle: WorkflowHandleWithFirstExecutionRunId, key: string) =>
  worker.client.workflow.getHandle(`${handle.workflowId}-${handle.firstExecutionRunId.slice(0, 8)}-${key}`);

async function runsOf(handle: WorkflowHandleWithFirstExecutionRunId): Promise<number> {
  let runs = 0;
  for (let runId = handle.firstExecutionRunId as string | undefined; runId !== undefined; runs += 1) {
    const { events } = await worker.client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}

describe('a backfill', () => {
  it('runs the pipeline once for each partition, and adds their rows', async () => {
    const handle = await worker.start('data_backfill', days('2001-03-02'));
    expect(await handle.result()).toMatchObject({
      status: 'COMPLETED',
      total: 60,
      partitionsProcessed: 60,
      totalRows: 600,
      succeeded: 60,
      failed: [],
      cancelled: [],
      notStarted: [],
      problems: [],
    });
    expect(new Set(seen.done).size).toBe(60);
    expect(seen.done).toHaveLength(60);
    expect((await handle.describe()).memo).toMatchObject({ headrace: { progress: 1 } });
    const { typedSearchAttributes } = await childOf(handle, '2001-02-14').describe();
    expect(typedSearchAttributes.get({ name: 'HeadracePartition', type: 'KEYWORD' })).toBe('2001-02-14');
  });

  it('never does more partitions at once than it may', async () => {
    const handle = await worker.start('data_backfill', days('2001-01-21', { concurrency: 3 }, { takes: 40 }));
    expect(await handle.result()).toMatchObject({ succeeded: 20 });
    expect(seen.most).toBeLessThanOrEqual(3);
    expect(seen.most).toBeGreaterThan(1);
  });

  it('continues as new with what is left, and does each partition once', async () => {
    const handle = await worker.start('data_backfill', days('2001-01-31', { concurrency: 4, continueAfter: 8 }, { fails: ['2001-01-03'] }));
    expect(await handle.result()).toMatchObject({
      status: 'INCOMPLETE',
      total: 30,
      succeeded: 29,
      totalRows: 290,
      partitionsProcessed: 30,
      failed: [{ first: '2001-01-03', last: '2001-01-03' }],
    });
    expect([...seen.done].sort()).toEqual([...new Set(seen.done)].sort());
    expect(await runsOf(handle)).toBe(4);
  });

  it('does a failed partition again when the others are done, and reports one that fails in every round', async () => {
    const handle = await worker.start(
      'data_backfill',
      days('2001-01-11', { concurrency: 2 }, { failsOnce: ['2001-01-02'], fails: ['2001-01-04', '2001-01-05', '2001-01-09'] }),
    );
    expect(await handle.result()).toMatchObject({
      status: 'INCOMPLETE',
      succeeded: 7,
      partitionsProcessed: 10,
      failed: [
        { first: '2001-01-04', last: '2001-01-05', start: '2001-01-04T00:00:00.000Z', end: '2001-01-06T00:00:00.000Z', partitions: 2 },
        { first: '2001-01-09', last: '2001-01-09', partitions: 1 },
      ],
      problems: [
        { key: '2001-01-04', state: 'FAILED', reason: '2001-01-04 is bad.' },
        { key: '2001-01-05', state: 'FAILED' },
        { key: '2001-01-09', state: 'FAILED' },
      ],
    });
    expect(Object.fromEntries(seen.attempts)).toMatchObject({ '2001-01-01': 1, '2001-01-02': 2, '2001-01-04': 2 });
  });

  it('tells runs that were declined, that ended themselves, and that failed apart, and does only the failed ones again', async () => {
    const handle = await worker.start('data_backfill', days('2001-01-07', {}, { asks: ['2001-01-02'], cancels: ['2001-01-04'], fails: ['2001-01-06'] }));
    expect(await handle.result()).toMatchObject({
      succeeded: 3,
      totalRows: 30,
      cancelled: [
        { first: '2001-01-02', last: '2001-01-02' },
        { first: '2001-01-04', last: '2001-01-04' },
      ],
      failed: [{ first: '2001-01-06', last: '2001-01-06' }],
    });
    expect(seen.attempts.get('2001-01-04')).toBe(1);
    expect(seen.undone).toContain('2001-01-04');
  });

  it('begins no further partitions when too many did not succeed', async () => {
    const fails = Array.from({ length: 30 }, (_, day) => `2001-01-${String(day + 1).padStart(2, '0')}`);
    const handle = await worker.start('data_backfill', days('2001-01-31', { concurrency: 1, stopAfter: 5 }, { fails }));
    expect(await handle.result()).toMatchObject({
      status: 'INCOMPLETE',
      failed: [{ partitions: 5 }],
      notStarted: [{ first: '2001-01-06', last: '2001-01-30', partitions: 25 }],
    });
  });

  it('can be declared for a pipeline, typed, with a range as its input', async () => {
    const handle = await worker.start('day_backfill', { start: '2001-10-27', end: '2001-10-30', size: 'day', zone: 'Europe/Berlin' });
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED', succeeded: 3, totalRows: 30 });
    expect([...seen.done].sort()).toEqual(['2001-10-27', '2001-10-28', '2001-10-29']);
  });

  it('does partitions by steps of its own, without runs of their own', async () => {
    const handle = await worker.start('step_backfill', { start: '2001-01-01', end: '2001-01-15', size: 'day', continueAfter: 5 });
    expect(await handle.result()).toMatchObject({ succeeded: 13, totalRows: 130, failed: [{ first: '2001-01-05' }] });
  });
});

describe('a backfill by a query', () => {
  const query = (statement: string) => ({ on: 'lake', statement, into: { connection: 'lake', table: 'daily' }, partitionBy: 'day' });
  const range = { start: '2001-01-01', end: '2001-01-11', size: 'day', concurrency: 4 };

  it('replaces each partition of the table by the rows of the query for it, also when it is run again', async () => {
    const statement = 'SELECT $key AS day, n FROM range(3) AS numbers(n) WHERE $start < $end';
    for (const continueAfter of [1_000, 4]) {
      const handle = await worker.start('data_backfill', { ...range, continueAfter, query: query(statement) });
      expect(await handle.result()).toMatchObject({ status: 'COMPLETED', succeeded: 10, totalRows: 30 });
    }
    expect(await warehouse.query('SELECT count(*) AS n, count(DISTINCT day) AS days FROM daily')).toEqual([{ n: 30, days: 10 }]);
  });

  it('reports the partitions that failed, and why', async () => {
    const handle = await worker.start('data_backfill', {
      ...range,
      rounds: 1,
      query: query("SELECT $key AS day, CASE WHEN $key = '2001-01-04' THEN error('no such day') ELSE 1 END AS n"),
    });
    expect(await handle.result()).toMatchObject({
      status: 'INCOMPLETE',
      succeeded: 9,
      failed: [{ first: '2001-01-04', partitions: 1 }],
      problems: [{ key: '2001-01-04', state: 'FAILED', reason: expect.stringContaining('no such day') as string }],
    });
  });
});

describe('a partition that waits for people', () => {
  it('holds no lane, and its end is counted', async () => {
    const handle = await worker.start('data_backfill', days('2001-01-09', { concurrency: 1, parkAfter: 100 }, { asks: ['2001-01-02'], askedFor: 60_000 }));
    await vi.waitFor(() => expect(seen.done).toHaveLength(7), { timeout: 10_000, interval: 50 });
    const waiting = childOf(handle, '2001-01-02');
    expect((await waiting.describe()).status.name).toBe('RUNNING');
    await waiting.executeUpdate('decide', { args: [{ approval: 'load_anyway', decision: 'approve', decisionId: 'one' }] });
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED', succeeded: 8, totalRows: 80 });
  });

  it('goes on when the backfill continues as new, and its end is counted then', async () => {
    const input = { asks: ['2001-01-01', '2001-01-02'], askedFor: 30_000 };
    const handle = await worker.start('data_backfill', days('2001-01-13', { concurrency: 2, parkAfter: 100, continueAfter: 4 }, input));
    await vi.waitFor(() => expect(seen.done).toHaveLength(10), { timeout: 20_000, interval: 50 });
    const decide = (key: string, decision: string) =>
      childOf(handle, key).executeUpdate('decide', { args: [{ approval: 'load_anyway', decision, decisionId: key }] });
    await decide('2001-01-01', 'approve');
    await decide('2001-01-02', 'decline');
    expect(await handle.result()).toMatchObject({
      status: 'INCOMPLETE',
      succeeded: 11,
      totalRows: 110,
      cancelled: [{ first: '2001-01-02' }],
      problems: [{ state: 'CANCELLED', reason: 'Nobody wanted it' }],
    });
    expect(await runsOf(handle)).toBeGreaterThan(2);
  });

  it('is cancelled with the backfill, also when it was parked before that continued as new', async () => {
    const handle = await worker.start(
      'data_backfill',
      days('2001-01-07', { concurrency: 2, parkAfter: 100, continueAfter: 3 }, { asks: ['2001-01-01'], askedFor: 60_000 }),
    );
    await vi.waitFor(() => expect(seen.done).toHaveLength(5), { timeout: 10_000, interval: 50 });
    await worker.client.workflow.getHandle(handle.workflowId).cancel();
    await expect(handle.result()).rejects.toThrow();
    await vi.waitFor(async () => expect((await childOf(handle, '2001-01-01').describe()).status.name).toBe('CANCELLED'), { timeout: 10_000 });
  });
});

describe('a backfill whose worker is lost', () => {
  it('is finished by another one: kills alone fail no partition', async () => {
    const taskQueue = `test-${crypto.randomUUID()}`;
    const first = await startWorker(partitions, [partitionRun, work], connections, taskQueue);
    const handle = await first.start('data_backfill', days('2001-01-31', { concurrency: 4, rounds: 1, continueAfter: 12 }, { takes: 150 }));
    await vi.waitFor(() => expect(seen.done.length).toBeGreaterThan(6), { timeout: 20_000, interval: 20 });
    await first.stop();
    const second = await startWorker(partitions, [partitionRun, work], connections, taskQueue);
    expect(await worker.client.workflow.getHandle(handle.workflowId).result()).toMatchObject({ status: 'COMPLETED', succeeded: 30, totalRows: 300 });
    await second.stop();
  });

  it('can be replayed, by the worker that takes it over, in every turn it took', async () => {
    const handle = await worker.start(
      'data_backfill',
      days(
        '2001-01-16',
        { concurrency: 3, parkAfter: 100, continueAfter: 9 },
        { takes: 20, asks: ['2001-01-02'], askedFor: 1_500, failsOnce: ['2001-01-03'], fails: ['2001-01-05'] },
      ),
    );
    expect(await handle.result()).toMatchObject({ succeeded: 13, failed: [{ partitions: 1 }], cancelled: [{ partitions: 1 }] });
    await worker.replay(worker.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId));
    await worker.replay(worker.client.workflow.getHandle(handle.workflowId));
  });
});

describe('a backfill that is cancelled', () => {
  it('cancels the runs in flight, which undo their work, and begins no others', async () => {
    const handle = await worker.start('data_backfill', days('2001-01-31', { concurrency: 3 }, { takes: 30_000 }));
    await vi.waitFor(() => expect(seen.running).toBe(3), { timeout: 10_000, interval: 20 });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect([...seen.undone].sort()).toEqual(['2001-01-01', '2001-01-02', '2001-01-03']);
    expect(seen.attempts.size).toBe(3);
    expect((await childOf(handle, '2001-01-02').describe()).status.name).toBe('CANCELLED');
  });
});

describe('a backfill is refused, with the reason,', () => {
  it.each([
    ['when the pipeline is unknown', days('2001-01-03', { pipeline: 'nowhere' }), /knows no pipeline 'nowhere'/],
    ['when there is neither a pipeline nor a query', days('2001-01-03', { pipeline: undefined }), /either pipeline/],
    ['when an option is misspelt', days('2001-01-03', { concurency: 5 }), /concurency/],
    ['when the range is empty', days('2001-01-01'), /is empty/],
    ['when a date does not exist', days('2001-02-30'), /'2001-02-30' is no end/],
    ['when the zone is unknown', days('2001-01-03', { zone: 'Mars/Phobos' }), /'Mars\/Phobos' is no time zone/],
    ['when nothing is done at once', days('2001-01-03', { concurrency: 0 }), /concurrency/],
    ['when the size is unknown', days('2001-01-03', { size: 'year' }), /size/],
    ['when there are ten million partitions', days('3040-01-01', { start: '1900-01-01', size: 'hour' }), /1,000,000 are allowed/],
  ])('%s', async (_, input, message) => {
    expect(await refusal(await worker.start('data_backfill', input))).toMatch(message);
    expect(seen.attempts.size).toBe(0);
  });
});
