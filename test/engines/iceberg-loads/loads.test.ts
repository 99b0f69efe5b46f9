import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checks } from '../../../activities/quality/steps.js';
import type { TableRef } from '../../../sdk/index.js';
import { day, IceHouse } from '../iceberg/ice-house.js';
import { startTrino, type TrinoServer } from '../trino.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 300_000 });

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
});
afterAll(() => trino?.stop());

const run = (runId: string) => ({ runId });
const overwrite = (from: TableRef, into: TableRef, partition: string) => ({
  load: into.table,
  from,
  into,
  mode: 'overwrite_partition' as const,
  partitionBy: 'day',
  partition,
});
const content = (into: TableRef) => house.query(`SELECT * FROM ${into.table} ORDER BY 1, 2`);
const snapshots = async ({ table }: TableRef) => Number((await house.ask(`SELECT count(*) FROM ${table.replace('.', '."')}$snapshots"`))[0]?.[0]);

test('overwriting a partition replaces its rows by one snapshot, once per run, and its undo brings the same rows back', async () => {
  const into = house.fresh();
  await house.iceberg(overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01'), run('a'));
  await house.iceberg(overwrite(await house.rows(day('2001-07-02', 20)), into, '2001-07-02'), run('a2'));
  const before = await content(into);
  const made = await snapshots(into);
  const load = overwrite(await house.rows(day('2001-07-01', 30)), into, '2001-07-01');
  const loaded = await house.iceberg(load, run('b'));
  expect(loaded).toMatchObject({ rows: 3, inserted: 3, deleted: 3, updated: 0, snapshot: expect.stringMatching(/^\d+$/), engine: { name: 'Trino' } });
  // Reading three rows to stage them, and the record: more than the MERGE alone.
  expect(loaded.cost?.scannedRows).toBeGreaterThanOrEqual(3);
  expect(loaded.cost?.writtenBytes).toBeGreaterThan(loaded.bytes);
  expect(loaded.cost?.cpuSeconds).toBeGreaterThan(0);
  expect(await house.iceberg(load, run('b'))).toMatchObject({ rows: 3, inserted: 3, deleted: 3, snapshot: loaded.snapshot });
  expect(await snapshots(into)).toBe(made + 1);
  expect((await content(into)).map(({ amount }) => amount)).toEqual([30, 30, 30, 20, 20, 20]);
  expect(await house.undo(load, run('b'))).toMatchObject({ undone: true, rows: 3 });
  expect(await content(into)).toEqual(before);
  expect(await house.undo(load, run('b'))).toMatchObject({ undone: false });
  await expect(house.iceberg(load, run('b'))).rejects.toMatchObject({ code: 'load_undone' });
  expect(await content(into)).toEqual(before);
});

test('undoing a load that never came through keeps a late attempt of it away', async () => {
  const load = overwrite(await house.rows(day('2001-07-01', 10)), house.fresh(), '2001-07-01');
  expect(await house.undo(load)).toMatchObject({ undone: false, rows: 0 });
  await expect(house.iceberg(load)).rejects.toMatchObject({ name: 'Refused', code: 'load_undone' });
});

test('append adds rows, and its undo takes away its own and not those that equal them', async () => {
  const into = house.fresh();
  const load = { load: into.table, from: await house.rows(day('2001-07-01', 1)), into, mode: 'append' as const };
  await house.iceberg(load, run('a'));
  await house.iceberg(load, run('b'));
  expect(await content(into)).toHaveLength(6);
  await house.undo(load, run('a'));
  expect(await content(into)).toHaveLength(3);
});

test('merge replaces rows with the same keys and adds the others, and is undone', async () => {
  const into = house.fresh();
  const merge = (from: TableRef) => ({ load: into.table, from, into, mode: 'merge' as const, keys: ['id'] });
  await house.iceberg(merge(await house.rows("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t(id, name)")), run('a'));
  const load = merge(await house.rows("SELECT * FROM (VALUES (2, 'B'), (3, NULL)) t(id, name)"));
  expect(await house.iceberg(load, run('b'))).toMatchObject({ rows: 2, inserted: 1, updated: 1, deleted: 0 });
  expect((await content(into)).map(({ name }) => name)).toEqual(['a', 'B', null]);
  await house.undo(load, run('b'));
  expect((await content(into)).map(({ name }) => name)).toEqual(['a', 'b']);
  for (const rows of ["(1, 'x'), (1, 'y')", "(CAST(NULL AS integer), 'x')"]) {
    const ambiguous = merge(await house.rows(`SELECT * FROM (VALUES ${rows}) t(id, name)`));
    await expect(house.iceberg(ambiguous, run(rows))).rejects.toMatchObject({ name: 'ValidationError' });
  }
});

test('scd2 closes a changed version and opens the next, leaves the others, and is undone', async () => {
  const into = house.fresh();
  const load = (from: TableRef, effectiveAt: string) => ({ load: into.table, from, into, mode: 'scd2' as const, keys: ['id'], effectiveAt });
  await house.iceberg(load(await house.rows("SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) t(id, name)"), '2001-01-01T00:00:00Z'), run('a'));
  const versions = () =>
    house.query(`SELECT id, name, year(valid_from) * 100 + month(valid_from) AS since, valid_to IS NULL AS open, is_current FROM ${into.table} ORDER BY 1, 3`);
  const before = await versions();
  const second = load(await house.rows("SELECT * FROM (VALUES (1, 'a'), (2, 'B'), (3, NULL), (4, 'd')) t(id, name)"), '2001-02-01T00:00:00Z');
  expect(await house.iceberg(second, run('b'))).toMatchObject({ rows: 4, inserted: 2, updated: 1 });
  expect((await versions()).filter(({ id }) => id === 2)).toEqual([
    { id: 2, name: 'b', since: 200101, open: false, is_current: false },
    { id: 2, name: 'B', since: 200102, open: true, is_current: true },
  ]);
  await house.undo(second, run('b'));
  expect(await versions()).toEqual(before);
  await expect(house.iceberg(load(second.from, '2001-01-01T00:00:00Z'), run('c'))).rejects.toMatchObject({
    message: expect.stringContaining('2001-01-01T00:00:00Z or later'),
  });
});

test('a partition that was overwritten since keeps its newer rows when the older load is undone', async () => {
  const into = house.fresh();
  const amounts = async () => (await content(into)).map(({ amount }) => amount);
  const load = async (amount: number) => overwrite(await house.rows(day('2001-07-01', amount)), into, '2001-07-01');
  await house.iceberg(await load(1), run('a'));
  await house.iceberg(await load(10), run('b'));
  await house.iceberg(await load(20), run('c'));
  const undone = await load(0);
  await house.undo(undone, run('b'));
  expect(await amounts()).toEqual([20, 20, 20]);
  await house.undo(undone, run('c'));
  expect(await amounts()).toEqual([1, 1, 1]);
});

test('a load without rows whose partition was overwritten since puts nothing beside the newer rows when it is undone', async () => {
  const into = house.fresh();
  const load = async (rows: string) => overwrite(await house.rows(rows), into, '2001-07-01');
  await house.iceberg(await load(day('2001-07-01', 10)), run('a'));
  const nothing = await load(`SELECT * FROM (${day('2001-07-01', 20)}) AS none WHERE false`);
  expect(await house.iceberg(nothing, run('b'))).toMatchObject({ rows: 0, deleted: 3 });
  await house.iceberg(await load(day('2001-07-01', 30)), run('c'));
  expect(await house.undo(nothing, run('b'))).toMatchObject({ undone: true });
  expect((await content(into)).map(({ amount }) => amount)).toEqual([30, 30, 30]);
});

test('a load on which another has built is not undone, and the later one is named', async () => {
  const into = house.fresh();
  const merge = async (amount: number) => ({ load: into.table, from: await house.rows(day('2001-07-01', amount)), into, mode: 'merge' as const, keys: ['id'] });
  const first = await merge(1);
  await house.iceberg(first, run('a'));
  await house.iceberg(await merge(2), run('b'));
  await expect(house.undo(first, run('a'))).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining(`/b/${into.table}`) });
  expect((await content(into)).map(({ amount }) => amount)).toEqual([2, 2, 2]);
});

describe('what does not fit', () => {
  test('rows whose columns do not fit are refused with the columns of both', async () => {
    const into = house.fresh();
    await house.iceberg(overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01'), run('a'));
    const other = overwrite(await house.rows('SELECT 1 AS id, 2 AS extra'), into, '2001-07-01');
    await expect(house.iceberg(other, run('b'))).rejects.toMatchObject({
      name: 'SchemaConflictError',
      message: expect.stringMatching(/missing: day, amount, note; too many: extra.*note VARCHAR/),
    });
  });

  test('rows of another partition, a reused name and a right that is missing are refused', async () => {
    const into = house.fresh();
    const first = overwrite(await house.rows(day('2001-07-02', 10)), into, '2001-07-01');
    await expect(house.iceberg(first)).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringContaining('do not belong') });
    await house.iceberg({ ...first, partition: '2001-07-02' });
    await expect(house.iceberg(first)).rejects.toMatchObject({ message: expect.stringContaining('unique in a run') });
    const visitors = { ...first, into: { ...into, connection: 'visitor' } };
    await expect(house.iceberg(visitors, run('v'))).rejects.toMatchObject({ name: 'PermissionDeniedError' });
  });

  test('rows that fail their checks are never published, and leave nothing behind', async () => {
    const into = house.fresh();
    await house.iceberg(overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01'), run('a'));
    const before = await snapshots(into);
    const load = { ...overwrite(await house.rows(day('2001-07-01', 20)), into, '2001-07-01'), checks: [checks.notNull('note'), checks.rowCount({ min: 1 })] };
    await expect(house.iceberg(load, run('b'))).rejects.toMatchObject({ code: 'quality_too_low', message: expect.stringContaining('note') });
    expect(await snapshots(into)).toBe(before);
    expect(
      await house.ask("SELECT table_name FROM iceberg.information_schema.tables WHERE table_schema = 'headrace_ledger' AND table_name LIKE 'stage%'"),
    ).toEqual([]);
    expect(await house.iceberg({ ...load, minimumScore: 0.5 }, run('b'))).toMatchObject({ rows: 3, quality: { score: 0.5 } });
  });
});
