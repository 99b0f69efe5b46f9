import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import compactRun from '../../../activities/compact/run.js';
import { compactIcebergTable } from '../../../activities/compact/steps.js';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import type { TableRef } from '../../../sdk/index.js';
import { day, IceHouse } from '../iceberg/ice-house.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { loader, loaderWithout } from '../trino-settings.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 600_000 });

let trino: TrinoServer;
let owner: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  owner = new IceHouse(trino);
  await owner.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
  // What nobody has loaded before is there already: the loader may not make a schema.
  for (const schema of ['headrace_ledger', 'headrace_tmp']) await owner.ask(`CREATE SCHEMA IF NOT EXISTS iceberg.${schema}`);
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

/** A table of the owner's with three rows of a day. */
async function table(): Promise<TableRef> {
  const into = owner.fresh();
  await owner.ask(`CREATE TABLE ${into.table} WITH (partitioning = ARRAY['day']) AS ${day('2001-07-01', 1)}`);
  return into;
}

const asUser = (user: string) => new IceHouse(trino, 'iceberg', user);
const amounts = async ({ table }: TableRef) => (await owner.ask<[number]>(`SELECT amount FROM ${table} ORDER BY amount`)).map(([amount]) => amount);

test('who may select, insert, update and delete loads in every mode, undoes and compacts', async () => {
  const house = asUser(loader);
  const into = await table();
  const from = await house.rows(day('2001-07-01', 5));
  const run = (runId: string) => ({ runId });
  await house.iceberg({ load: 'append', from, into, mode: 'append' }, run('a'));
  expect(await amounts(into)).toEqual([1, 1, 1, 5, 5, 5]);
  await house.undo({ load: 'append', into }, run('a'));
  await house.iceberg({ load: 'merge', from, into, mode: 'merge', keys: ['id'] }, run('m'));
  expect(await amounts(into)).toEqual([5, 5, 5]);
  await house.undo({ load: 'merge', into }, run('m'));
  const replaced = { load: 'overwrite', from, into, mode: 'overwrite_partition', partitionBy: 'day', partition: '2001-07-01' } as const;
  await house.iceberg(replaced, run('o'));
  expect(await amounts(into)).toEqual([5, 5, 5]);
  await house.undo(replaced, run('o'));
  expect(await amounts(into)).toEqual([1, 1, 1]);
  expect(await runStep(compactRun, compactIcebergTable, { table: into, forgetUndo: true }, house.context())).toMatchObject({ files: { after: 1 } });
});

test.each(['SELECT', 'INSERT', 'DELETE'] as const)('who may not %s is refused, and the table stays as it was', async (right) => {
  const house = asUser(loaderWithout(right));
  const into = await table();
  const from = await house.rows(day('2001-07-01', 5));
  const load = { load: 'overwrite', from, into, mode: 'overwrite_partition', partitionBy: 'day', partition: '2001-07-01' } as const;
  await expect(house.iceberg(load)).rejects.toMatchObject({ name: 'PermissionDeniedError' });
  expect(await amounts(into)).toEqual([1, 1, 1]);
});

test('who may not update is refused a merge', async () => {
  const house = asUser(loaderWithout('UPDATE'));
  const into = await table();
  const from = await house.rows(day('2001-07-01', 5));
  await expect(house.iceberg({ load: 'merge', from, into, mode: 'merge', keys: ['id'] })).rejects.toMatchObject({ name: 'PermissionDeniedError' });
  expect(await amounts(into)).toEqual([1, 1, 1]);
});

/** A table of versions, made by its owner, and a later load that closes one of them. */
async function versions() {
  const into = owner.fresh();
  const load = { into, mode: 'scd2' as const, keys: ['id'] };
  await owner.iceberg({ ...load, load: 'first', from: await owner.rows(day('2001-07-01', 1)), effectiveAt: '2001-07-01T00:00:00Z' }, { runId: 'first' });
  const second = { ...load, load: 'second', from: await owner.rows(day('2001-07-01', 5)), effectiveAt: '2001-07-02T00:00:00Z' };
  const rows = () => owner.ask<[number, boolean]>(`SELECT amount, is_current FROM ${into.table} ORDER BY amount, id`);
  return { into, second, rows, before: await rows() };
}

test('who may select, insert, update and delete loads versions and undoes them', async () => {
  const house = asUser(loader);
  const { second, rows, before } = await versions();
  expect(await house.iceberg(second, { runId: 'v' })).toMatchObject({ inserted: 3, updated: 3 });
  expect(await rows()).toEqual([1, 1, 1, 5, 5, 5].map((amount) => [amount, amount === 5]));
  expect(await house.undo(second, { runId: 'v' })).toMatchObject({ undone: true });
  expect(await rows()).toEqual(before);
});

test.each(['SELECT', 'INSERT', 'UPDATE'] as const)('who may not %s is refused a load of versions, and the table stays as it was', async (right) => {
  const { second, rows, before } = await versions();
  await expect(asUser(loaderWithout(right)).iceberg(second)).rejects.toMatchObject({ name: 'PermissionDeniedError' });
  expect(await rows()).toEqual(before);
});

test('who may not delete loads versions, and is refused their undo', async () => {
  const house = asUser(loaderWithout('DELETE'));
  const { second, rows } = await versions();
  expect(await house.iceberg(second, { runId: 'v' })).toMatchObject({ inserted: 3, updated: 3 });
  const loaded = await rows();
  await expect(house.undo(second, { runId: 'v' })).rejects.toMatchObject({ name: 'PermissionDeniedError' });
  expect(await rows()).toEqual(loaded);
});
