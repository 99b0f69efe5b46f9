import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { until } from '../../faults/until.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { AttemptProcess } from './attempts.js';
import { CommitLock } from './commit-lock.js';
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
const input = (table: string) => ({ table: { connection: 'lake', table }, ...all });
/** One call of the step, whichever attempt it is. */
const changes = (table: string) => ({ runId: table, key: `${table}/compact_iceberg_table` });
const compact = (table: string, more: object = {}, context: Partial<StepContext> = {}) =>
  runStep(compactRun, compactIcebergTable, { ...input(table), ...more }, house.context({ ...changes(table), ...context }));

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

/** Tables whose compaction begins with a commit of the named part, and what is in them. */
const beginsWith: Record<string, (table: string) => Promise<void>> = {
  'optimize(': async (table) => {
    for (const amount of [1, 2, 3]) await house.ask(`INSERT INTO ${table} ${day('2001-07-02', amount)}`);
  },
  // One file and one manifest: there is nothing to do but to forget.
  expire_snapshots: async (table) => {
    await house.ask(`DELETE FROM ${table}`);
    await house.ask(`INSERT INTO ${table} ${day('2001-07-02', 1)}`);
  },
};

describe.each(Object.keys(beginsWith))('a compaction that is stopped in the middle of the commit of %s', (part) => {
  /** A table, a lock that its compaction has not met yet, and the states of its statements of this part, in the order of time. */
  async function locked() {
    const { table } = house.fresh();
    await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
    await house.ask(`CREATE TABLE ${table} AS ${day('2001-07-01', 0)}`);
    await beginsWith[part]?.(table);
    const rows = () => house.ask(`SELECT * FROM ${table} ORDER BY 1, 2, 3`);
    const lock = await CommitLock.take(trino.postgres.url, table);
    onTestFinished(() => lock.open().catch(() => undefined));
    const name = table.split('.')[1];
    const words = `query LIKE 'ALTER TABLE %' AND strpos(query, '"${name}" EXECUTE ${part}') > 0`;
    const states = async () => (await house.ask<[string]>(`SELECT state FROM system.runtime.queries WHERE ${words} ORDER BY created`)).map(([state]) => state);
    return { table, lock, rows, before: await rows(), states };
  }

  test('by a kill of its worker, is ended by the next attempt, which does it', async () => {
    const { table, lock, rows, before, states } = await locked();
    const attempt = new AttemptProcess(house.connections);
    onTestFinished(() => attempt.signal('SIGKILL'));
    await attempt.begin({ step: 'compact_iceberg_table', input: input(table), changes: changes(table) });
    await lock.met();
    attempt.signal('SIGKILL');
    expect(await attempt.ended()).toBeUndefined();
    expect(await rows()).toEqual(before);
    const again = compact(table, {}, { attempt: 2 });
    again.catch(() => undefined);
    await until(states, ([first]) => first === 'FAILED', { limit: 90_000 });
    await lock.open();
    expect(await again).toMatchObject({ files: { after: 1 }, snapshots: { after: 1 } });
    expect(await states()).toEqual(['FAILED', 'FINISHED']);
    expect(await rows()).toEqual(before);
  });

  test('by a cancel, is ended on the server, and harms nothing', async () => {
    const { table, lock, rows, before, states } = await locked();
    const stop = new AbortController();
    const compacting = compact(table, {}, { signal: stop.signal });
    compacting.catch(() => undefined);
    await lock.met();
    stop.abort(new Error('CANCELLED'));
    await expect(compacting).rejects.toThrow('CANCELLED');
    expect(await states()).toEqual(['FAILED']);
    await lock.open();
    expect(await rows()).toEqual(before);
    expect(await compact(table)).toMatchObject({ files: { after: 1 }, snapshots: { after: 1 } });
    expect(await rows()).toEqual(before);
  });
});
