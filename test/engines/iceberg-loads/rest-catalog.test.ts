import { afterAll, beforeAll, expect, test } from 'vitest';
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { day, IceHouse } from '../iceberg/ice-house.js';
import { type RestCatalog, startRestCatalog } from '../nessie.js';
import { startTrino, type TrinoServer } from '../trino.js';

let rest: RestCatalog;
let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  rest = await startRestCatalog();
  trino = await startTrino({ rest: rest.settings });
  house = new IceHouse(trino, 'rest');
});
afterAll(async () => {
  await trino?.stop();
  await rest?.stop();
});

test('on a REST catalog and an S3 store a load is published once and replaces its partition; its undo is refused, since Nessie keeps no snapshot but the newest', {
  timeout: 240_000,
}, async () => {
  const into = house.fresh();
  const load = { load: 'sales', into, mode: 'overwrite_partition' as const, partitionBy: 'day', partition: '2001-07-01' };
  const amounts = async () => (await house.query(`SELECT amount FROM ${into.table} ORDER BY 1`)).map(({ amount }) => amount);
  await house.iceberg({ ...load, from: await house.rows(day('2001-07-01', 1)) }, { runId: 'a' });
  const second = { ...load, from: await house.rows(day('2001-07-01', 2)) };
  const loaded = await house.iceberg(second, { runId: 'b' });
  expect(loaded).toMatchObject({ rows: 3, inserted: 3, deleted: 3 });
  expect(await house.iceberg(second, { runId: 'b' })).toMatchObject({ rows: 3, snapshot: loaded.snapshot });
  expect(await amounts()).toEqual([2, 2, 2]);
  await expect(house.undo(second, { runId: 'b' })).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining('is gone') });
  expect(await amounts()).toEqual([2, 2, 2]);
});

test('compaction on Nessie rewrites files, and leaves snapshots and orphans alone, as its tables say', { timeout: 240_000 }, async () => {
  const into = house.fresh();
  const rows = () => house.query(`SELECT * FROM ${into.table} ORDER BY day, id, amount`);
  await house.query('CREATE SCHEMA IF NOT EXISTS lake');
  await house.query(`CREATE TABLE ${into.table} AS ${day('2001-07-01', 0)}`);
  for (const amount of [1, 2]) await house.query(`INSERT INTO ${into.table} ${day('2001-07-02', amount)}`);
  const before = await rows();
  const compacted = await runStep(compactRun, compactIcebergTable, { table: into, keepSnapshots: 0, keepOrphans: 0 }, house.context());
  expect(compacted).toMatchObject({ files: { before: 3, after: 1 }, snapshots: { before: 1, after: 1 } });
  expect(await rows()).toEqual(before);
});
