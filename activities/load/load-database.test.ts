import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import type { TableRef } from '../../sdk/index.js';
import { Warehouse } from './lake.fixture.js';
import type { Load } from './steps.js';

const postgresUrl = inject('postgresUrl');

const folder = mkdtempSync(join(tmpdir(), 'headrace-load-'));
const house = new Warehouse({
  lake: { kind: 'duckdb', folder: join(folder, 'lake') },
  file: { kind: 'duckdb', file: join(folder, 'warehouse.duckdb') },
  ...(postgresUrl === undefined ? {} : { postgres: { kind: 'postgres' as const, url: postgresUrl } }),
});
const databases = ['file', ...(postgresUrl === undefined ? [] : ['postgres'])];

const run = (runId: string) => ({ runId });
let tables = 0;
const fresh = (connection: string, schema = 'sales'): TableRef => ({ connection, table: `${schema}.t${process.pid}_${++tables}` });
const day = (value: string, amount: number) =>
  `SELECT DATE '${value}' AS day, n AS id, ${amount} + n AS amount, CASE n WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'é "😀"' END AS note FROM range(3) t(n)`;

/** As if the loads into a table were of 15 days ago. */
async function age(on: string, { table }: TableRef): Promise<void> {
  const older = "UPDATE headrace_ledger.loads SET recorded_at = now() - INTERVAL '15 days' WHERE key LIKE ";
  await house.query(`${older}'%/${table}'`, on);
}

describe.each(databases)('into %s', (on) => {
  const overwrite = (from: TableRef, into: TableRef, partition: string): Load => ({
    load: into.table,
    from,
    into,
    mode: 'overwrite_partition',
    partitionBy: 'day',
    partition,
  });
  const content = (into: TableRef) => house.query(`SELECT * FROM ${into.table} ORDER BY 1, 2`, on);

  test('overwriting a partition replaces its rows, once per run, and its undo brings the same rows back', async () => {
    const into = fresh(on);
    await house.load(overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01'), run('a'));
    await house.load(overwrite(await house.rows(day('2001-07-02', 20)), into, '2001-07-02'), run('a2'));
    const before = await content(into);
    expect(before.map(({ note }) => note)).toEqual([null, '', 'é "😀"', null, '', 'é "😀"']);
    const load = overwrite(await house.rows(day('2001-07-01', 30)), into, '2001-07-01');
    const loaded = await house.load(load, run('b'));
    expect(loaded).toMatchObject({ rows: 3, inserted: 3, deleted: 3, updated: 0 });
    expect(await house.load(load, run('b'))).toEqual(loaded);
    expect((await content(into)).map(({ amount }) => amount)).toEqual([30, 31, 32, 20, 21, 22]);
    expect(await house.undo(load, run('b'))).toMatchObject({ undone: true, rows: 3 });
    expect(await content(into)).toEqual(before);
    expect(await house.undo(load, run('b'))).toMatchObject({ undone: false });
    await expect(house.load(load, run('b'))).rejects.toMatchObject({ code: 'load_undone' });
    expect(await content(into)).toEqual(before);
  });

  test.each([
    ['without rows', 'WHERE false'],
    ['with the same rows', ''],
  ])('undoing a load %s after another one has overwritten its partition leaves that one as it is', async (_, where) => {
    const into = fresh(on);
    const first = overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01');
    await house.load(first, run('first'));
    const before = await content(into);
    const rows = day('2001-07-01', 30);
    const [load, later] = [overwrite(await house.rows(`${rows} ${where}`), into, '2001-07-01'), overwrite(await house.rows(rows), into, '2001-07-01')];
    await house.load(load, run('a'));
    await house.load(later, run('b'));
    const after = await content(into);
    expect(await house.undo(load, run('a'))).toMatchObject({ undone: true });
    expect(await content(into)).toEqual(after);
    // What came back is what the first of the two had replaced.
    await house.undo(later, run('b'));
    expect(await content(into)).toEqual(before);
    await expect(house.load(load, run('a'))).rejects.toMatchObject({ code: 'load_undone' });
  });

  test('first loads of several partitions at once all come through', async () => {
    const into = fresh(on, `at_once_${process.pid}`);
    const days = ['01', '02', '03', '04', '05', '06'].map((it) => `2001-07-${it}`);
    const loads = await Promise.all(days.map(async (it) => ({ ...overwrite(await house.rows(day(it, 10)), into, it), load: it })));
    await Promise.all(loads.map((load) => house.load(load)));
    expect(await content(into)).toHaveLength(3 * days.length);
  });

  test('the undo of a load whose kept rows have gone after their days is refused, and the load stays known', async () => {
    const into = fresh(on);
    const load = overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01');
    const loaded = await house.load(load, run('old'));
    await age(on, into);
    await house.load(overwrite(await house.rows(day('2001-07-02', 10)), into, '2001-07-02'), run('new'));
    await expect(house.undo(load, run('old'))).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining('kept for 14 days') });
    expect(await house.load(load, run('old'))).toEqual(loaded);
    expect(await content(into)).toHaveLength(6);
  });

  test('undoing the first load of a table takes the table away', async () => {
    const into = fresh(on);
    const load = overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01');
    await house.load(load);
    await house.undo(load);
    await expect(content(into)).rejects.toMatchObject({ code: 'unknown_table' });
  });

  test('undoing a load that never came through keeps a late attempt of it away', async () => {
    const into = fresh(on);
    const load = overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01');
    expect(await house.undo(load)).toMatchObject({ undone: false, rows: 0 });
    await expect(house.load(load)).rejects.toMatchObject({ name: 'Refused', code: 'load_undone' });
  });

  test('append adds rows, and its undo takes as many of equal ones away as it added', async () => {
    const into = fresh(on);
    const append = (from: TableRef): Load => ({ load: into.table, from, into, mode: 'append' });
    const load = append(await house.rows(day('2001-07-01', 1)));
    await house.load(load, run('a'));
    await house.load(load, run('b'));
    await house.undo(load, run('a'));
    expect(await content(into)).toHaveLength(3);
  });

  test('merge replaces rows with the same keys and adds the others, and is undone', async () => {
    const into = fresh(on);
    const merge = (from: TableRef): Load => ({ load: into.table, from, into, mode: 'merge', keys: ['id'] });
    await house.load(merge(await house.rows("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t(id, name)")), run('a'));
    const load = merge(await house.rows("SELECT * FROM (VALUES (2, 'B'), (3, NULL)) t(id, name)"));
    expect(await house.load(load, run('b'))).toMatchObject({ rows: 2, inserted: 1, updated: 1, deleted: 0 });
    expect(await content(into)).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'B' },
      { id: 3, name: null },
    ]);
    await house.undo(load, run('b'));
    expect(await content(into)).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ]);
    for (const rows of ["(1, 'x'), (1, 'y')", "(NULL, 'x')"]) {
      await expect(house.load(merge(await house.rows(`SELECT * FROM (VALUES ${rows}) t(id, name)`)), run(rows))).rejects.toMatchObject({
        name: 'ValidationError',
      });
    }
  });

  test('rows whose columns do not fit are refused with the columns of both', async () => {
    const into = fresh(on);
    await house.load(overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01'), run('a'));
    const other = overwrite(await house.rows('SELECT 1 AS id, 2 AS extra'), into, '2001-07-01');
    await expect(house.load(other, run('b'))).rejects.toMatchObject({
      name: 'SchemaConflictError',
      message: expect.stringMatching(/missing: day, amount, note; too many: extra.*note VARCHAR/),
    });
  });

  test('rows of another partition are refused and leave nothing behind', async () => {
    const into = fresh(on);
    await expect(house.load(overwrite(await house.rows(day('2001-07-02', 10)), into, '2001-07-01'))).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(content(into)).rejects.toMatchObject({ code: 'unknown_table' });
  });

  test('a name that the run has used for another load is refused instead of left out', async () => {
    const into = fresh(on);
    await house.load(overwrite(await house.rows(day('2001-07-01', 10)), into, '2001-07-01'));
    await expect(house.load(overwrite(await house.rows(day('2001-07-02', 10)), into, '2001-07-02'))).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('unique in a run'),
    });
  });
});

describe.runIf(postgresUrl !== undefined)('PostgreSQL', () => {
  const types = `SELECT TRUE AS a, 32767::SMALLINT AS b, 2147483647 AS c, 9223372036854775807 AS d, 12345678.901::DECIMAL(20,6) AS e, 0.1::DOUBLE AS f, 1.5::FLOAT AS g, TIMESTAMP '2001-07-01 23:59:59.123456' AS h,
    '2001-07-01 00:00:00.000001+02'::TIMESTAMPTZ AS i, DATE '0001-01-01' AS j, TIME '23:59:59.999999' AS k, '\\x00\\xFF'::BLOB AS l, uuid '11111111-2222-3333-4444-555555555555' AS m, [1, 2] AS n, 'nan'::DOUBLE AS o, '-infinity'::DOUBLE AS p, -1e308::DOUBLE AS q`;

  test('types and values survive the way from Parquet to PostgreSQL and back', async () => {
    const into = fresh('postgres');
    const from = await house.rows(types);
    await house.load({ load: 'types', from, into, mode: 'append' });
    const back: TableRef = { connection: 'lake', table: `back${process.pid}_${++tables}` };
    await house.load({ load: 'back', from: into, into: back, mode: 'append' });
    const there = (await house.query(`SELECT * EXCLUDE (n) FROM ${from.table}`))[0];
    expect((await house.query(`SELECT * EXCLUDE (n) FROM ${back.table}`))[0]).toEqual(there);
    expect((await house.query(`SELECT e, h, d::text AS d, i FROM ${into.table}`, 'postgres'))[0]).toEqual({
      e: '12345678.901000',
      h: '2001-07-01T23:59:59.123456',
      d: '9223372036854775807',
      i: '2001-06-30T22:00:00.000001Z',
    });
  });

  test('any text survives the way there and back, and NULL is no empty text', async () => {
    const texts = fc.array(fc.option(fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !/[\0\ud800-\udfff]/.test(text))), {
      minLength: 1,
      maxLength: 20,
    });
    const literal = (text: string | null) => (text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`);
    await fc.assert(
      fc.asyncProperty(texts, async (list) => {
        const from = await house.rows(
          list
            .map((text, index) => `SELECT ${index} AS i, ${literal(text)}::VARCHAR AS text, hex(encode(${literal(text)}::VARCHAR)) AS bytes`)
            .join(' UNION ALL '),
        );
        const into = fresh('postgres');
        await house.load({ load: into.table, from, into, mode: 'append' });
        const back: TableRef = { connection: 'file', table: into.table };
        await house.load({ load: `back ${into.table}`, from: into, into: back, mode: 'append' });
        for (const [on, hex] of [
          ['postgres', "upper(encode(convert_to(text, 'UTF8'), 'hex'))"],
          ['file', 'hex(encode(text))'],
        ] as const) {
          expect(await house.query(`SELECT count(*) AS n FROM ${into.table} WHERE bytes IS DISTINCT FROM ${hex}`, on)).toEqual([{ n: 0 }]);
        }
      }),
      {
        numRuns: 8,
        examples: [
          [
            [
              '',
              null,
              '\\.',
              'a\n\\.\nb',
              '\r\n',
              '"',
              '""',
              ',',
              '\\N',
              'NULL',
              '\\',
              '\t',
              '😀',
              '\ufeff',
              '#',
              'x'.repeat(10_000),
              "'; DROP TABLE x; --",
              '\u0001',
              '\n',
            ],
          ],
        ],
      },
    );
  });

  test('scd2 closes a changed version and opens the next, leaves the others, and is undone', async () => {
    const into = fresh('postgres');
    const load = (from: TableRef, effectiveAt: string): Load => ({ load: into.table, from, into, mode: 'scd2', keys: ['id'], effectiveAt });
    const content = () => house.query(`SELECT * FROM ${into.table} ORDER BY id, valid_from`, 'postgres');
    await house.load(load(await house.rows("SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) t(id, name)"), '2001-01-01T00:00:00Z'), run('a'));
    const before = await content();
    const second = load(await house.rows("SELECT * FROM (VALUES (1, 'a'), (2, 'B'), (3, NULL), (4, 'd')) t(id, name)"), '2001-02-01T00:00:00Z');
    expect(await house.load(second, run('b'))).toMatchObject({ rows: 4, inserted: 2, updated: 1 });
    expect((await content()).filter(({ id }) => id === 2)).toEqual([
      { id: 2, name: 'b', valid_from: '2001-01-01T00:00:00Z', valid_to: '2001-02-01T00:00:00Z', is_current: false },
      { id: 2, name: 'B', valid_from: '2001-02-01T00:00:00Z', valid_to: null, is_current: true },
    ]);
    await house.undo(second, run('b'));
    expect(await content()).toEqual(before);
    await expect(house.load(load(second.from, '2001-01-01T00:00:00Z'), run('c'))).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('not before'),
    });
  });

  test('a partition that was overwritten since keeps its newer rows when the older load is undone', async () => {
    const into = fresh('postgres');
    const overwrite = async (amount: number): Promise<Load> => ({
      load: into.table,
      from: await house.rows(day('2001-07-01', amount)),
      into,
      mode: 'overwrite_partition',
      partitionBy: 'day',
      partition: '2001-07-01',
    });
    const amounts = async () => (await house.query(`SELECT amount FROM ${into.table} ORDER BY 1`, 'postgres')).map(({ amount }) => amount);
    await house.load(await overwrite(1), run('a'));
    const second = await overwrite(10);
    await house.load(second, run('b'));
    await house.load(await overwrite(20), run('c'));
    await house.undo(second, run('b'));
    expect(await amounts()).toEqual([20, 21, 22]);
    await house.undo(second, run('c'));
    expect(await amounts()).toEqual([1, 2, 3]);
  });

  test('a user called headrace goes on making tables in public', async () => {
    await house.load({ load: 'first', from: await house.rows(day('2001-07-01', 1)), into: fresh('postgres'), mode: 'append' });
    const table = `unqualified_${process.pid}_${++tables}`;
    await house.query(`CREATE TABLE ${table} (id int)`, 'postgres');
    expect(await house.query(`SELECT schemaname FROM pg_tables WHERE tablename = '${table}'`, 'postgres')).toEqual([{ schemaname: 'public' }]);
  });

  test('undo refuses where another program has changed the rows, and changes nothing', async () => {
    const into = fresh('postgres');
    const load: Load = { load: into.table, from: await house.rows(day('2001-07-01', 1)), into, mode: 'append' };
    await house.load(load);
    await house.query(`UPDATE ${into.table} SET amount = 0 WHERE id = 1`, 'postgres');
    await expect(house.undo(load)).rejects.toMatchObject({ name: 'Refused', message: expect.stringContaining('another program') });
  });

  test('a table that fills columns by itself takes rows without them, and its undo keeps what they were', async () => {
    const into = fresh('postgres', 'public');
    await house.query(
      `CREATE TABLE ${into.table} (id bigint GENERATED ALWAYS AS IDENTITY, day date, amount bigint, twice bigint GENERATED ALWAYS AS (amount * 2) STORED, note varchar(5) DEFAULT '-')`,
      'postgres',
    );
    const load = async (amount: number): Promise<Load> => ({
      load: into.table,
      from: await house.rows(`SELECT DATE '2001-07-01' AS day, ${amount} AS amount`),
      into,
      mode: 'overwrite_partition',
      partitionBy: 'day',
      partition: '2001-07-01',
    });
    await house.load(await load(1), run('a'));
    const before = await house.query(`SELECT * FROM ${into.table}`, 'postgres');
    expect(before).toEqual([{ id: 1, day: '2001-07-01', amount: 1, twice: 2, note: '-' }]);
    const second = await load(2);
    await house.load(second, run('b'));
    await house.undo(second, run('b'));
    expect(await house.query(`SELECT * FROM ${into.table}`, 'postgres')).toEqual(before);
  });
});
