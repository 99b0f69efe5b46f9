import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import partitionRun from '../activities/partition/run.js';
import { forget, seen, work } from './backfill/partition-work.fixture.js';
import { startWorker, type TestWorker } from './backfill/worker.fixture.js';

let worker: TestWorker;

beforeAll(async () => {
  worker = await startWorker(fileURLToPath(new URL('./backfill/partitions.fixture.ts', import.meta.url)), [partitionRun, work]);
});
afterAll(() => worker?.stop());
beforeEach(forget);

const days = (last: string, more: Record<string, unknown> = {}, input: Record<string, unknown> = {}) => ({ start: '2001-01-01', end: last, size: 'day', pipeline: 'one_day', partitionAs: 'day', input, ...more });
const refusal = (handle: WorkflowHandle) => handle.result().then(() => 'it was not refused', (error: Error) => (error.cause as Error).message);

describe('a backfill', () => {
  it('runs the pipeline once for each partition, and adds their rows', async () => {
    const handle = await worker.start('data_backfill', days('2001-03-02'));
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED', total: 60, partitionsProcessed: 60, totalRows: 600, succeeded: 60, failed: [], cancelled: [], notStarted: [], problems: [] });
    expect(new Set(seen.done).size).toBe(60);
    expect(seen.done).toHaveLength(60);
  });
});
