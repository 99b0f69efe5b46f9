import { describe, test } from 'vitest';
import { dataBackfill } from '../../workflows/data_backfill.js';
import { schemaMigration } from '../../workflows/schema_migration.js';
import { groundOf, postgresUrl } from './ground.js';
import { attemptsOf, freshTable, goesOnWithin, targets, undone } from './loading.js';
import { block, heldInUndo, whileItWrites } from './moments.js';
import { keepRows } from './pipelines/keep-rows.js';
import { askPostgres, countDay } from './rows.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

const day = '2001-07-01';
const many = 1_000_000;

describe.concurrent.each(targets)('a worker that is killed, with %s:', { timeout: 150_000 }, (connection) => {
  test('in the middle of a load, another one finishes it, and each row is there once', async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    const run = await here.client.start(keepRows, { day, into, rows: many });
    await whileItWrites(here, run, into);
    await first.kill();
    const killedAt = Date.now();
    await startWorker(here);
    await until(
      () => here.status(run.workflowId),
      (status) => attemptsOf(status, 'load_data')[0] === 2,
    );
    expect(Date.now() - killedAt).toBeLessThan(goesOnWithin);
    expect(await here.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { rows: many } });
    expect(await countDay(here, into, day)).toEqual({ rows: many, different: many });
  });

  test('while it waits to publish, another one publishes, once', async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    await here.ended((await here.client.start(keepRows, { day, into, mark: 'before' })).workflowId);
    const letGo = await block(here, into);
    const run = await here.client.start(keepRows, { day, into });
    await until(
      () => here.status(run.workflowId),
      ({ currentActivity }) => currentActivity === 'load_data',
    );
    await first.kill();
    await startWorker(here);
    await letGo();
    expect(await here.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', retries: 1 });
    expect(await countDay(here, into, day)).toEqual({ rows: 1_000, different: 1_000 });
  });

  test('in the middle of an undo, another one finishes it', async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    await here.ended((await here.client.start(keepRows, { day, into })).workflowId);
    const { run, letGo } = await heldInUndo(here, { day, into });
    await first.kill();
    await startWorker(here);
    await letGo();
    const ended = await here.ended(run.workflowId);
    expect(ended).toMatchObject({ status: 'FAILED', undo: 'DONE', error: { message: 'It fails after its load.' } });
    expect(undone(ended)).toMatchObject([{ name: 'undo_load', status: 'COMPLETED', attempt: 2 }]);
    expect(await countDay(here, into, day)).toEqual({ rows: 1_000, different: 1_000 });
  });
});

test.concurrent('a backfill whose workers are killed again and again does every day once', { timeout: 150_000 }, async (context) => {
  const { expect } = context;
  const here = await groundOf(context);
  const into = freshTable('lake');
  const [start, end] = ['2001-01-01', '2001-01-17'];
  let worker = await startWorker(here);
  const run = await here.client.start(dataBackfill, {
    start,
    end,
    size: 'day',
    pipeline: 'keep_rows',
    partitionAs: 'day',
    input: { into, rows: 200_000 },
    concurrency: 4,
  });
  for (const share of [0.1, 0.4]) {
    await until(
      () => here.status(run.workflowId),
      ({ progress }) => progress >= share,
    );
    await worker.kill();
    worker = await startWorker(here);
  }
  expect(await here.ended(run.workflowId)).toMatchObject({
    status: 'SUCCEEDED',
    output: { status: 'COMPLETED', total: 16, succeeded: 16, totalRows: 16 * 200_000, failed: [], problems: [] },
  });
  for (let day = 1; day <= 16; day += 1) {
    expect(await countDay(here, into, `2001-01-${String(day).padStart(2, '0')}`)).toEqual({ rows: 200_000, different: 200_000 });
  }
});

test.skipIf(postgresUrl === undefined)(
  'a worker that is killed in the middle of a migration: another one applies it, once',
  { timeout: 150_000 },
  async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const { table } = freshTable('warehouse');
    await askPostgres(`CREATE TABLE ${table} AS SELECT 1 AS changes`);
    const first = await startWorker(here);
    const statements = [`ALTER TABLE ${table} ADD COLUMN late boolean`, `UPDATE ${table} SET changes = changes + 1`, 'SELECT pg_sleep(4)'];
    const run = await here.client.start(schemaMigration, { connection: 'warehouse', table, statements, tryStatements: false });
    await until(
      () => here.status(run.workflowId),
      ({ currentActivity }) => currentActivity === 'apply_migration',
    );
    await first.kill();
    await startWorker(here);
    expect(await here.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED' } });
    expect(await askPostgres(`SELECT changes, late FROM ${table}`)).toEqual([{ changes: 2, late: null }]);
  },
);
