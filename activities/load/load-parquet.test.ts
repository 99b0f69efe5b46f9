import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { freshLake, visibleFiles, Warehouse } from './lake.fixture.js';
import type { Load } from './steps.js';

function lake() {
  const folder = freshLake();
  return { folder, house: new Warehouse({ lake: { kind: 'duckdb', folder } }) };
}

const into = { connection: 'lake', table: 'sales.daily' };
const run = (runId: string) => ({ runId });
const day = (value: string, amount: number) => `SELECT DATE '${value}' AS day, n AS id, ${amount} + n AS amount, 'é "😀"' AS note FROM range(3) t(n)`;

function overwrite(from: Load['from'], partition: string): Load {
  return { load: 'sales', from, into, mode: 'overwrite_partition', partitionBy: 'day', partition };
}

test('overwriting a partition replaces its rows and leaves the others', async () => {
  const { house } = lake();
  expect(await house.load(overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01'), run('a'))).toMatchObject({
    rows: 3,
    inserted: 3,
    deleted: 0,
    table: into,
  });
  await house.load(overwrite(await house.rows(day('2001-07-02', 20)), '2001-07-02'), run('b'));
  expect(await house.load(overwrite(await house.rows(day('2001-07-01', 30)), '2001-7-1'), run('c'))).toMatchObject({ rows: 3, deleted: 3 });
  expect(await house.query('SELECT day, sum(amount)::INTEGER AS amount FROM sales.daily GROUP BY day ORDER BY day')).toEqual([
    { day: '2001-07-01', amount: 93 },
    { day: '2001-07-02', amount: 63 },
  ]);
});

test('a load is done once per run and name: another attempt gives the same counts', async () => {
  const { folder, house } = lake();
  const load = overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01');
  const first = await house.load(load);
  const files = visibleFiles(folder);
  expect(await house.load(load)).toEqual(first);
  expect(visibleFiles(folder)).toEqual(files);
});

test('undo brings the old file back byte for byte, and may be repeated', async () => {
  const { folder, house } = lake();
  await house.load(overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01'), run('a'));
  const files = visibleFiles(folder);
  const load = overwrite(await house.rows(day('2001-07-01', 99)), '2001-07-01');
  await house.load(load, run('b'));
  expect(visibleFiles(folder)).not.toEqual(files);
  expect(await house.undo(load, run('b'))).toMatchObject({ undone: true, rows: 3 });
  expect(visibleFiles(folder)).toEqual(files);
  expect(await house.undo(load, run('b'))).toMatchObject({ undone: false });
  expect(visibleFiles(folder)).toEqual(files);
});

test('undoing the first load of a table takes the table away', async () => {
  const { folder, house } = lake();
  const load = overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01');
  await house.load(load);
  await house.undo(load);
  expect(visibleFiles(folder)).toEqual({});
  await expect(house.query('FROM sales.daily')).rejects.toMatchObject({ code: 'unknown_table' });
});

test('undoing a load that never came through keeps a late attempt of it away', async () => {
  const { folder, house } = lake();
  const load = overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01');
  expect(await house.undo(load)).toMatchObject({ undone: false, rows: 0 });
  await expect(house.load(load)).rejects.toMatchObject({ name: 'Refused', code: 'load_undone' });
  expect(visibleFiles(folder)).toEqual({});
});

test('a partition that was overwritten since keeps its newer rows when the older load is undone, and the newest undo goes back to the first', async () => {
  const { folder, house } = lake();
  await house.load(overwrite(await house.rows(day('2001-07-01', 1)), '2001-07-01'), run('a'));
  const files = visibleFiles(folder);
  const second = overwrite(await house.rows(day('2001-07-01', 2)), '2001-07-01');
  await house.load(second, run('b'));
  await house.load(overwrite(await house.rows(day('2001-07-01', 3)), '2001-07-01'), run('c'));
  const newest = visibleFiles(folder);
  await house.undo(second, run('b'));
  expect(visibleFiles(folder)).toEqual(newest);
  await house.undo(second, run('c'));
  expect(visibleFiles(folder)).toEqual(files);
});

test('append adds a file, and its undo takes that file away whatever came later', async () => {
  const { folder, house } = lake();
  const append = (from: Load['from']): Load => ({ load: 'sales', from, into, mode: 'append' });
  const first = append(await house.rows(day('2001-07-01', 1)));
  await house.load(first, run('a'));
  await house.load(append(await house.rows(day('2001-07-02', 2))), run('b'));
  expect(await house.query('SELECT count(*) AS n FROM sales.daily')).toEqual([{ n: 6 }]);
  await house.undo(first, run('a'));
  expect(await house.query('SELECT DISTINCT day FROM sales.daily')).toEqual([{ day: '2001-07-02' }]);
  expect(Object.keys(visibleFiles(folder))).toHaveLength(1);
});

test('merge replaces rows with the same keys and adds the others', async () => {
  const { folder, house } = lake();
  const merge = (from: Load['from']): Load => ({ load: 'stock', from, into: { connection: 'lake', table: 'stock' }, mode: 'merge', keys: ['id'] });
  await house.load(merge(await house.rows("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t(id, name)")), run('a'));
  const files = visibleFiles(folder);
  const second = merge(await house.rows("SELECT * FROM (VALUES (2, 'B'), (3, NULL)) t(id, name)"));
  expect(await house.load(second, run('b'))).toMatchObject({ rows: 2, inserted: 1, updated: 1 });
  expect(await house.query('FROM stock ORDER BY id')).toEqual([
    { id: 1, name: 'a' },
    { id: 2, name: 'B' },
    { id: 3, name: null },
  ]);
  await house.undo(second, run('b'));
  expect(visibleFiles(folder)).toEqual(files);
});

test('a reader sees all rows of one load or of the other, while they are replaced', async () => {
  const { house } = lake();
  const rows = async (amount: number) => house.rows(`SELECT '2001-07-01' AS day, ${amount} AS amount FROM range(20000)`);
  const froms = [await rows(1), await rows(2)];
  await house.load(overwrite(froms[0] as Load['from'], '2001-07-01'), run('first'));
  let loading = true;
  const loads = (async () => {
    for (let index = 0; index < 12; index += 1) await house.load(overwrite(froms[index % 2] as Load['from'], '2001-07-01'), run(`r${index}`));
    loading = false;
  })();
  let reads = 0;
  while (loading) {
    expect(await house.query('SELECT count(*) AS n, count(DISTINCT amount) AS amounts FROM sales.daily')).toEqual([{ n: 20_000, amounts: 1 }]);
    reads += 1;
  }
  await loads;
  expect(reads).toBeGreaterThan(5);
});

test.each([1, 2, 3, 4])('merges of the same table at once lose no row (%i)', async () => {
  const { house } = lake();
  const merges = Array.from({ length: 6 }, async (_, index): Promise<void> => {
    const from = await house.rows(`SELECT ${index} AS id, 'x' AS name`);
    await house.load({ load: 'stock', from, into: { connection: 'lake', table: 'stock' }, mode: 'merge', keys: ['id'] }, run(`r${index}`));
  });
  await Promise.all(merges);
  expect(await house.query('SELECT count(*) AS n FROM stock')).toEqual([{ n: 6 }]);
});

test('undoing a merge on which another has built is refused, and names it', async () => {
  const { house } = lake();
  const merge = async (id: number): Promise<Load> => ({
    load: 'stock',
    from: await house.rows(`SELECT ${id} AS id`),
    into: { connection: 'lake', table: 'stock' },
    mode: 'merge',
    keys: ['id'],
  });
  const first = await merge(1);
  await house.load(first, run('a'));
  await house.load(await merge(2), run('b'));
  await expect(house.undo(first, run('a'))).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining('pipeline-test/b/stock') });
});

test.each([
  ['SELECT 1 AS id', 'missing: day, amount, note'],
  [`SELECT *, 1 AS more FROM (${day('2001-07-01', 1)})`, 'too many: more'],
  [`SELECT day, id, amount, 1 AS note FROM (${day('2001-07-01', 1)})`, 'of another type: note'],
])('rows whose columns do not fit are refused with the columns of both (%#)', async (select, what) => {
  const { house } = lake();
  await house.load(overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01'), run('a'));
  await expect(house.load(overwrite(await house.rows(select), '2001-07-01'), run('b'))).rejects.toMatchObject({
    name: 'SchemaConflictError',
    message: expect.stringContaining(what),
  });
});

test('rows of another partition are refused', async () => {
  const { house } = lake();
  await expect(house.load(overwrite(await house.rows(day('2001-07-02', 10)), '2001-07-01'))).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('2001-07-02'),
  });
});

test('a load that does not fit how the table lies in its folder is refused with the fix', async () => {
  const { house } = lake();
  await house.load(overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01'), run('a'));
  const append: Load = { load: 'more', from: await house.rows(day('2001-07-02', 10)), into, mode: 'append' };
  await expect(house.load(append)).rejects.toMatchObject({ name: 'SchemaConflictError', fix: expect.stringContaining("partitionBy: 'day'") });
  expect(await house.load({ ...append, partitionBy: 'day', partition: '2001-07-02' })).toMatchObject({ inserted: 3 });
});

test('folders that another program made do not stand in the way', async () => {
  const { folder, house } = lake();
  for (const name of ['50%', 'a.b.c', 'empty', '"']) mkdirSync(join(folder, name), { recursive: true });
  await house.load(overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01'));
  expect(await house.query('SELECT count(*) AS n FROM sales.daily -- 50% a.b.c empty "')).toEqual([{ n: 3 }]);
});

test('a folder of partitions that another program wrote is read, appended to and brought back', async () => {
  const { folder, house } = lake();
  mkdirSync(join(folder, 'foreign'), { recursive: true });
  const rows = "SELECT 1 AS id, DATE '2001-07-01' AS day UNION ALL SELECT 2, DATE '2001-07-02'";
  await house.query(`COPY (${rows}) TO '${join(folder, 'foreign')}' (FORMAT parquet, PARTITION_BY (day), OVERWRITE_OR_IGNORE)`);
  const files = visibleFiles(folder);
  const load: Load = {
    load: 'more',
    from: await house.rows("SELECT 3 AS id, DATE '2001-07-01' AS day"),
    into: { connection: 'lake', table: 'foreign' },
    mode: 'append',
    partitionBy: 'day',
    partition: '2001-07-01',
  };
  await house.load(load);
  expect(await house.query('SELECT id, day FROM "foreign" ORDER BY id')).toEqual([
    { id: 1, day: '2001-07-01' },
    { id: 2, day: '2001-07-02' },
    { id: 3, day: '2001-07-01' },
  ]);
  await house.undo(load);
  expect(visibleFiles(folder)).toEqual(files);
});

test('an empty partition is a file without rows, with its columns', async () => {
  const { house } = lake();
  await house.load(overwrite(await house.rows(`FROM (${day('2001-07-01', 1)}) WHERE false`), '2001-07-01'));
  expect(await house.query('SELECT count(*) AS n FROM sales.daily')).toEqual([{ n: 0 }]);
});

test('a partition value of any text is one folder and comes back as it was', async () => {
  const { house } = lake();
  const values = ["a'b", 'a/b', '..', 'a=b%20', '*?[x]', 'ü 😀\n', '__HIVE_DEFAULT_PARTITION__', 'NULL', 'null', ' '];
  for (const [index, value] of values.entries()) {
    const from = await house.rows(`SELECT '${value.replaceAll("'", "''")}' AS place, ${index} AS n`);
    await house.load(
      { load: 'places', from, into: { connection: 'lake', table: 'places' }, mode: 'overwrite_partition', partitionBy: 'place', partition: value },
      run(`r${index}`),
    );
  }
  expect((await house.query('SELECT place FROM places ORDER BY n')).map(({ place }) => place)).toEqual(values);
});

test('a name that the run has used for another load is refused instead of left out', async () => {
  const { house } = lake();
  await house.load(overwrite(await house.rows(day('2001-07-01', 10)), '2001-07-01'));
  await expect(house.load(overwrite(await house.rows(day('2001-07-02', 10)), '2001-07-02'))).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('unique in a run'),
  });
});

test('undo of a load whose kept file is gone says so', async () => {
  const { folder, house } = lake();
  await house.load(overwrite(await house.rows(day('2001-07-01', 1)), '2001-07-01'), run('a'));
  const load = overwrite(await house.rows(day('2001-07-01', 2)), '2001-07-01');
  await house.load(load, run('b'));
  rmSync(join(folder, '.headrace', 'kept'), { recursive: true });
  await expect(house.undo(load, run('b'))).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining('is gone') });
});

test('undo of a load of long ago says that what it replaced is gone, and the load stays known', async () => {
  const { folder, house } = lake();
  const load = overwrite(await house.rows(day('2001-07-01', 1)), '2001-07-01');
  const loaded = await house.load(load, run('old'));
  const instance = await DuckDBInstance.create(join(folder, '.headrace', 'loads.duckdb'));
  const connection = await instance.connect();
  await connection.run('UPDATE loads SET recorded_at = now() - INTERVAL 15 DAY');
  connection.closeSync();
  instance.closeSync();
  await house.load(overwrite(await house.rows(day('2001-07-02', 1)), '2001-07-02'), run('new'));
  await expect(house.undo(load, run('old'))).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining('kept for 14 days') });
  expect(await house.load(load, run('old'))).toEqual(loaded);
});
