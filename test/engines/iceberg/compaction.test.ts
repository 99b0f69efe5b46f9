import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { day, IceHouse } from './ice-house.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 600_000 });

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

const all = { keepSnapshots: 0, keepOrphans: 0 };
const compact = (table: string, more: object = {}) =>
  runStep(compactRun, compactIcebergTable, { table: { connection: 'lake', table }, ...all, ...more }, house.context());

test('compaction leaves few files and snapshots, keeps what undo needs, and forgets it when told', async () => {
  const into = house.fresh();
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
  await house.ask(`CREATE TABLE ${into.table} AS ${day('2001-07-01', 0)}`);
  for (const amount of [1, 2, 3]) await house.ask(`INSERT INTO ${into.table} ${day('2001-07-02', amount)}`);
  const load = { load: 'sales', from: await house.rows(day('2001-07-03', 9)), into, mode: 'append' as const };
  await house.iceberg(load);
  const rows = await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`);
  const first = (await compact(into.table)) as { files: { before: number; after: number }; snapshots: { after: number } };
  expect(first).toMatchObject({ undoable: 1, files: { before: 5 } });
  expect(await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`)).toEqual(rows);
  expect(await house.undo(load)).toMatchObject({ undone: true });
  expect(await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`)).toEqual(rows.filter(([date]) => date !== '2001-07-03'));
  await house.iceberg(load, { runId: 'later' });
  expect(await compact(into.table, { forgetUndo: true })).toMatchObject({ undoable: 0, files: { after: 1 }, snapshots: { after: 1 } });
  expect(await house.ask(`SELECT * FROM ${into.table} ORDER BY 1, 2, 3`)).toEqual(rows);
  await expect(house.undo(load, { runId: 'later' })).rejects.toMatchObject({ name: 'Refused' });
});

test('where the files are kept, those of old snapshots and those that belong to none are gone afterwards, and one manifest is left', async () => {
  const { table } = house.fresh();
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
  await house.ask(`CREATE TABLE ${table} AS ${day('2001-07-01', 0)}`);
  for (const amount of [1, 2, 3]) await house.ask(`INSERT INTO ${table} ${day('2001-07-02', amount)}`);
  const about = (what: string) => `${table.replace('.', '."')}$${what}"`;
  const paths = async (what: string, column: string) => (await house.ask<[string]>(`SELECT ${column} FROM ${about(what)}`)).map(([path]) => path);
  const [first = ''] = await paths('files', 'file_path');
  const folder = join(trino.warehouse, dirname(first.replace(/^local:\/\//, '')));
  writeFileSync(join(folder, 'left-by-a-writer-that-died.parquet'), 'half a file');
  const kept = () => readdirSync(folder).filter((name) => name.endsWith('.parquet'));
  expect(kept()).toHaveLength(5);
  expect(await paths('manifests', 'path')).toHaveLength(4);
  const metadata = () => readdirSync(join(folder, '../metadata')).filter((name) => name.endsWith('.avro')).length;
  const before = metadata();
  expect(await compact(table)).toMatchObject({ files: { before: 4, after: 1 }, snapshots: { after: 1 } });
  expect(kept()).toEqual((await paths('files', 'file_path')).map((path) => path.split('/').at(-1)));
  expect(await paths('manifests', 'path')).toHaveLength(1);
  expect(metadata()).toBeLessThan(before);
  expect(await house.ask(`SELECT count(*) FROM ${table}`)).toEqual([[12]]);
});
