import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TableRef } from '../../../sdk/index.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { openOwnGround } from '../own-ground.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { IceHouse } from './ice-house.js';
import { loadLines } from './pipelines/load-lines.js';

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
  await house.ask('CREATE SCHEMA iceberg.lake');
});
afterAll(() => trino?.stop());

/** As many lines as orders up to this key have, made by the server. */
async function lines(upTo: number): Promise<{ from: TableRef; rows: number }> {
  const from = { connection: 'lake', table: `lake.lines_${upTo}` };
  const select = `SELECT orderkey, linenumber, quantity, shipdate, shipmode FROM tpch.sf1.lineitem WHERE orderkey <= ${upTo}`;
  await house.ask(`CREATE OR REPLACE VIEW ${from.table} AS ${select}`);
  return { from, rows: Number((await house.ask(`SELECT count(*) FROM (${select})`))[0]?.[0]) };
}

/** The queries that publish into a table, as the server's own list has them. */
const merges = ({ table }: TableRef) =>
  house.ask<[string, string]>(
    `SELECT query_id, state FROM system.runtime.queries WHERE query LIKE 'MERGE INTO %' AND strpos(query, '"${table.split('.')[1]}"') > 0`,
  );

const running = (into: TableRef) =>
  until(
    () => merges(into),
    (found) => found.some(([, state]) => state === 'RUNNING'),
    { limit: 120_000, every: 50 },
  );

const counted = async ({ table }: TableRef) => (await house.ask(`SELECT count(*), count(DISTINCT orderkey * 10 + linenumber) FROM ${table}`))[0];
const made = async ({ table }: TableRef) =>
  (await house.ask(`SELECT count(*) FROM ${table.replace('.', '."')}$snapshots" WHERE parent_id IS NOT NULL`))[0]?.[0];

test('three million rows go in by a worker that is killed in the middle and one that goes on: published once, with a history below 100 KB', {
  timeout: 400_000,
}, async ({ onTestFinished }) => {
  const { from, rows } = await lines(3_000_000);
  expect(rows).toBeGreaterThan(2_990_000);
  const into = house.fresh();
  const connections = { ice: house.connections?.lake };
  const here = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections });
  onTestFinished(() => here.leave());
  const first = await startWorker(here);
  const run = await here.client.start(loadLines, { from: { ...from, connection: 'ice' }, into: { ...into, connection: 'ice' } });
  await running(into);
  await first.kill();
  await startWorker(here);
  expect(await here.ended(run.workflowId, 240_000)).toMatchObject({ status: 'SUCCEEDED', output: { rows } });
  expect(await counted(into)).toEqual([rows, rows]);
  expect(await made(into)).toBe(1);
  // Begun once. Nobody asked for its last page: to Trino it is still about to finish.
  expect(await merges(into)).toEqual([[expect.any(String), expect.stringMatching(/^FINISH/)]]);
  const { raw } = await here.temporal.workflow.getHandle(run.workflowId).describe();
  const bytes = Number(raw.workflowExecutionInfo?.historySizeBytes);
  console.log(`${rows} rows, a history of ${bytes} bytes`);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(100_000);
});

test('a load that is cancelled in the middle is ended on the server, and its undo leaves nothing', { timeout: 200_000 }, async () => {
  const { from } = await lines(1_000_000);
  const into = house.fresh();
  const load = { load: 'lines', from, into, mode: 'append' as const };
  const stop = new AbortController();
  const loading = house.iceberg(load, { signal: stop.signal });
  loading.catch(() => undefined);
  await running(into);
  stop.abort(new Error('CANCELLED'));
  await expect(loading).rejects.toThrow('CANCELLED');
  await house.undo(load);
  expect(await counted(into)).toEqual([0, 0]);
  expect((await merges(into)).every(([, state]) => state === 'FAILED' || state === 'FINISHED')).toBe(true);
  await expect(house.iceberg(load)).rejects.toMatchObject({ code: 'load_undone' });
});

test('a load whose time is over, and one whose server is restarted, come through by the next attempt, once', { timeout: 300_000 }, async () => {
  const { from, rows } = await lines(1_000_000);
  const slow = house.fresh();
  const late = { load: 'late', from, into: slow, mode: 'append' as const };
  await expect(house.iceberg(late, { timeLimit: 1_000 })).rejects.toThrow(/time limit/i);
  expect(await house.iceberg(late, { attempt: 2 })).toMatchObject({ rows });
  expect(await counted(slow)).toEqual([rows, rows]);
  const into = house.fresh();
  const load = { load: 'lines', from, into, mode: 'append' as const };
  const loading = house.iceberg(load);
  loading.catch(() => undefined);
  await running(into);
  await trino.halt();
  await trino.resume();
  await expect(loading).rejects.toThrow();
  expect(await house.iceberg(load, { attempt: 2 })).toMatchObject({ rows });
  expect(await counted(into)).toEqual([rows, rows]);
  expect(await made(into)).toBe(1);
});
