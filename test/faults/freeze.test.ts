import { describe, test } from 'vitest';
import type { TableRef } from '../../sdk/index.js';
import { dataBackfill } from '../../workflows/data_backfill.js';
import { type Ground, groundOf } from './ground.js';
import { attemptsOf, freshTable, targets, undone } from './loading.js';
import { block, heldInUndo, isStaged, whileItWrites } from './moments.js';
import { keepRows } from './pipelines/keep-rows.js';
import { countDay, sumOfRows, sums } from './rows.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

const day = '2001-07-01';
const many = 1_000_000;
const onceEach = { rows: many, different: many };

describe.concurrent.each(targets)('a worker that stands still past its time-out and wakes up, with %s:', { timeout: 300_000 }, (connection) => {
  test('in the middle of a load, adds nothing to what another one has loaded meanwhile', async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    const run = await here.client.start(keepRows, { day, into, rows: many });
    await whileItWrites(here, run, into);
    first.freeze();
    await startWorker(here);
    expect(await here.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await countDay(here, into, day)).toEqual(onceEach);
    first.thaw();
    // The late attempt clears away what it staged, and that is all it does.
    await until(
      () => isStaged(here, run, into),
      (staged) => !staged,
    );
    expect(await countDay(here, into, day)).toEqual(onceEach);
    expect(await first.stop()).toBe(0);
    expect(await countDay(here, into, day)).toEqual(onceEach);
  });

  test('before it publishes, publishes or leaves it to the other one, never both', async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    const run = await here.client.start(keepRows, { day, into, rows: many });
    await whileItWrites(here, run, into);
    const letGo = await block(here, into);
    first.freeze();
    await startWorker(here);
    await until(
      () => here.status(run.workflowId),
      (status) => attemptsOf(status, 'load_data')[0] === 2,
    );
    await letGo();
    first.thaw();
    expect(await here.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { rows: many } });
    expect(await first.stop()).toBe(0);
    expect(await countDay(here, into, day)).toEqual(onceEach);
  });

  test('in the middle of an undo, takes nothing from the old rows that another one has brought back', async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    await here.ended((await here.client.start(keepRows, { day, into, rows: many })).workflowId);
    const old = await contentOf(here, into);
    const { run, letGo } = await heldInUndo(here, { day, into });
    first.freeze();
    await startWorker(here);
    await until(
      () => here.status(run.workflowId),
      // Its second attempt may be given to the one that stands still, whose last question Temporal has yet to answer.
      (status) => (attemptsOf(status, 'undo_load')[0] ?? 1) >= 2,
    );
    await letGo();
    // In PostgreSQL it is the frozen one's turn first, until the server ends a transaction that stands still for a minute.
    const ended = await here.ended(run.workflowId, 150_000);
    expect(ended).toMatchObject({ status: 'FAILED', undo: 'DONE', error: { message: 'It fails after its load.' } });
    expect(undone(ended)).toMatchObject([{ name: 'undo_load', status: 'COMPLETED' }]);
    expect(await contentOf(here, into)).toEqual(old);
    first.thaw();
    expect(await first.stop()).toBe(0);
    expect(await contentOf(here, into)).toEqual(old);
  });

  test('in the middle of a backfill, adds nothing to the days that another one has done', async (context) => {
    const { expect } = context;
    const here = await groundOf(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    const input = { into, rows: 200_000 };
    const days = { start: '2001-01-01', end: '2001-01-09', size: 'day', partitionAs: 'day', concurrency: 3 } as const;
    const run = await here.client.start(dataBackfill, { ...days, pipeline: 'keep_rows', input });
    await until(
      () => countDay(here, into, '2001-01-01').catch(() => undefined),
      (counted) => counted?.rows === 200_000,
    );
    // Who stands still with the lake's lock keeps it: not that is what this is about.
    const letGo = connection === 'lake' ? await block(here, into) : undefined;
    first.freeze();
    expect((await here.status(run.workflowId)).progress).toBeLessThan(0.9);
    await letGo?.();
    await startWorker(here);
    expect(await here.ended(run.workflowId, 200_000)).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'COMPLETED', total: 8, succeeded: 8, totalRows: 8 * 200_000, failed: [], problems: [] },
    });
    const counted = () => Promise.all(Array.from({ length: 8 }, (_, index) => countDay(here, into, `2001-01-0${index + 1}`)));
    const whole = Array.from({ length: 8 }, () => ({ rows: 200_000, different: 200_000 }));
    expect(await counted()).toEqual(whole);
    first.thaw();
    expect(await first.stop()).toBe(0);
    expect(await counted()).toEqual(whole);
  });
});

/** All that a table holds: in the lake byte for byte. */
async function contentOf(here: Ground, { connection, table }: TableRef): Promise<unknown> {
  return connection === 'lake' ? sums(here, table) : sumOfRows(table);
}
