import { afterAll, beforeAll, expect, test } from 'vitest';
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { day, IceHouse } from './ice-house.js';

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
});
afterAll(() => trino?.stop());

test('compaction leaves few files and snapshots, keeps what undo needs, and forgets it when told', async () => {
  const into = house.fresh();
  const compact = (more: object = {}) => runStep(compactRun, compactIcebergTable, { table: into, keepSnapshots: 0, keepOrphans: 0, ...more }, house.context());
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
  await house.ask(`CREATE TABLE ${into.table} AS ${day('2001-07-01', 0)}`);
  for (const amount of [1, 2, 3]) await house.ask(`INSERT INTO ${into.table} ${day('2001-07-02', amount)}`);
  const load = { load: 'sales', from: await house.rows(day('2001-07-03', 9)), into, mode: 'append' as const };
  await house.iceberg(load);
  const rows = await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`);
  const first = (await compact()) as { files: { before: number; after: number }; snapshots: { after: number } };
  expect(first).toMatchObject({ undoable: 1, files: { before: 5 } });
  expect(await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`)).toEqual(rows);
  expect(await house.undo(load)).toMatchObject({ undone: true });
  expect(await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`)).toEqual(rows.filter(([date]) => date !== '2001-07-03'));
  await house.iceberg(load, { runId: 'later' });
  expect(await compact({ forgetUndo: true })).toMatchObject({ undoable: 0, files: { after: 1 }, snapshots: { after: 1 } });
  expect(await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`)).toEqual(rows);
  await expect(house.undo(load, { runId: 'later' })).rejects.toMatchObject({ name: 'Refused' });
});
