import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { day, IceHouse } from '../iceberg/ice-house.js';
import { startTrino, type TrinoServer } from '../trino.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), 'headrace-arrivals-'));
let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
  Object.assign(house.connections ?? {}, { local: { kind: 'duckdb', folder: join(folder, 'lake') }, postgres: { kind: 'postgres', url: trino.postgres.url } });
});
afterAll(async () => {
  await trino?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const shown = async (table: string) => (await house.ask<[string]>(`SHOW CREATE TABLE ${table}`))[0]?.[0];
const values = `DATE '2001-07-01' AS day, CAST(12.50 AS decimal(10,2)) AS price, CAST(0.1 AS double precision) AS share, TRUE AS sold, TIMESTAMP '2001-07-01 23:59:59.123456' AS at, CAST(9007199254740993 AS bigint) AS id`;

test.each(['local', 'postgres'])('rows of %s come in with their types, values and hostile names, and a retry brings them once', async (on) => {
  const into = house.fresh();
  const texts = [`'it''s "é" 😀\n;--'`, `''`, 'NULL', `repeat('y', 10000)`];
  const rows = texts.map((text) => `SELECT ${values}, ${text} AS "no""te; --", '\\N' AS "two\nlines"`).join(' UNION ALL ');
  const load = { load: 'arrived', from: await house.rows(rows, on), into, mode: 'append' as const };
  const loaded = await house.iceberg(load);
  expect(loaded).toMatchObject({ rows: 4, inserted: 4, bytes: expect.any(Number) });
  expect(await house.iceberg(load, { attempt: 2 })).toMatchObject({ rows: 4, snapshot: loaded.snapshot });
  const same = { day: '2001-07-01', price: '12.50', share: 0.1, sold: true, at: '2001-07-01T23:59:59.123456', id: '9007199254740993', 'two\nlines': '\\N' };
  expect(await house.query(`SELECT * FROM ${into.table} ORDER BY length("no""te; --")`)).toEqual(
    ['', 'it\'s "é" 😀\n;--', 'y'.repeat(10_000), null].map((text) => ({ ...same, 'no"te; --': text })),
  );
});

test('more than 64 MB of rows from elsewhere are refused with the way that is open, and leave nothing', async () => {
  const into = house.fresh();
  const from = await house.rows("SELECT i, repeat('x', 1000) AS text FROM range(65000) t(i)", 'local');
  const staged = () => house.ask("SHOW TABLES FROM iceberg.headrace_ledger LIKE 'stage%'");
  const before = await staged();
  await expect(house.iceberg({ load: 'large', from, into, mode: 'append' })).rejects.toMatchObject({
    name: 'ValidationError',
    code: 'too_many_rows',
    message: expect.stringContaining('64 MB'),
    fix: expect.stringContaining('catalog'),
  });
  expect(await house.ask(`SHOW TABLES FROM iceberg.lake LIKE '${into.table.split('.')[1]}'`)).toEqual([]);
  expect(await staged()).toEqual(before);
});

test('a table is partitioned as the load says, by transforms and by hostile names, and merges and overwrites go on with it', async () => {
  const into = house.fresh();
  const partitioning = ['month(day)', 'bucket(id, 4)', '"no""te"'];
  const rows = (date: string, amount: number) => house.rows(`SELECT day, id, amount, note AS "no""te" FROM (${day(date, amount)})`);
  const merge = async (date: string, amount: number) => ({
    load: 'keys',
    into,
    mode: 'merge' as const,
    keys: ['id'],
    partitioning,
    from: await rows(date, amount),
  });
  await house.iceberg(await merge('2001-07-01', 1), { runId: 'a' });
  expect(await shown(into.table)).toContain(`partitioning = ARRAY['month(day)','bucket(id, 4)','"no""te"']`);
  expect(await house.iceberg(await merge('2001-08-01', 2), { runId: 'b' })).toMatchObject({ inserted: 0, updated: 3 });
  const overwrite = { load: 'day', into, mode: 'overwrite_partition' as const, partitionBy: 'day', partition: '2001-08-01' };
  expect(await house.iceberg({ ...overwrite, from: await rows('2001-08-01', 3) }, { runId: 'c' })).toMatchObject({ inserted: 3, deleted: 3 });
  expect((await house.query(`SELECT amount FROM ${into.table}`)).map(({ amount }) => amount)).toEqual([3, 3, 3]);
  const wrong = { ...(await merge('2001-07-01', 1)), into: house.fresh(), partitioning: ['year(nothing)'] };
  await expect(house.iceberg(wrong)).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringContaining('nothing') });
});

test('what attempts of long ago have staged is dropped by a load, and what is younger than 14 days stays', async () => {
  const into = house.fresh();
  const stage = (days: number) => `stage_abc_${(Date.now() - days * 86_400_000).toString(36)}_fff`;
  const left = [stage(15), stage(13)];
  await house.iceberg({ load: 'first', from: await house.rows(day('2001-07-01', 1)), into, mode: 'append' });
  for (const name of left) await house.ask(`CREATE TABLE iceberg.headrace_ledger.${name} (n integer)`);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  try {
    await house.iceberg({ load: 'second', from: await house.rows(day('2001-07-01', 2)), into, mode: 'append' });
  } finally {
    vi.restoreAllMocks();
  }
  const staged = (await house.ask("SHOW TABLES FROM iceberg.headrace_ledger LIKE 'stage_abc%'")).flat();
  expect(left.filter((name) => staged.includes(name))).toEqual([left[1]]);
});
