import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { TableRef } from '../../sdk/index.js';
import { quoteIdentifier } from '../engines/dialect.js';
import { furtherEngines } from '../engines/further-engines.fixture.js';
import extractRun from '../extract/run.js';
import { extractData } from '../extract/steps.js';
import { runStep } from '../run-step.fixture.js';
import { Warehouse } from './lake.fixture.js';
import type { Load } from './steps.js';

const postgresUrl = inject('postgresUrl');

const folder = mkdtempSync(join(tmpdir(), 'headrace-hostile-'));
const house = new Warehouse({
  lake: { kind: 'duckdb', folder: join(folder, 'lake') },
  file: { kind: 'duckdb', file: join(folder, 'warehouse.duckdb') },
  ...(postgresUrl === undefined ? {} : { postgres: { kind: 'postgres' as const, url: postgresUrl } }),
  ...furtherEngines,
});
const databases = ['lake', 'file', ...(postgresUrl === undefined ? [] : ['postgres'])];
const engines = [...databases, ...Object.keys(furtherEngines)];

const names = ['a"b', "it's", 'x"; drop table y; --', 'two\nlines\r\t', 'ünï 😀', 'select', '$1 $name ?', 'back\\slash %s', 'dot.ted', '{"a": 1}'];
const values = ["'; DROP TABLE x; --", 'y'.repeat(10_000), "'".repeat(10_000), '"\n\r\t\\N', 'é 😀', '', '$1', '%', "E'\\x41'", ','];
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const hostileTable = (schema: string) => `${schema}."t""; drop 'ünï'\n${process.pid}"`;

/** Rows whose columns have these names: the first is the key, the second the partition, the others hold these values. */
function rowsOf(on: string, amount: string): Promise<TableRef> {
  const [key = '', partition = '', ...others] = names.map(quoteIdentifier);
  const rows = values.map(
    (_, row) =>
      `SELECT ${row} AS ${key}, 'a ''b'' / c=1' AS ${partition}, ${others.map((name, index) => `${literal(`${amount}${values[(row + index) % values.length]}`)} AS ${name}`).join(', ')}`,
  );
  return house.rows(rows.join(' UNION ALL '), on);
}

const expected = (amount: string) =>
  values.map((_, row) =>
    Object.fromEntries(
      names.map((name, column) => [
        name,
        [row, "a 'b' / c=1", ...names.slice(2).map((_, index) => `${amount}${values[(row + index) % values.length]}`)][column],
      ]),
    ),
  );
const content = async ({ connection, table }: TableRef) => {
  const rows = await house.query(`SELECT * FROM ${table} ORDER BY ${quoteIdentifier(names[0] ?? '')}`, connection);
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
};
const partition = { partitionBy: names[1] ?? '', partition: "a 'b' / c=1" };

describe.each(databases)('into %s', (on) => {
  test('hostile names and values are loaded, merged into, and undone', async () => {
    const into = { connection: on, table: hostileTable('sales') };
    const from = await rowsOf('lake', 'a');
    const plain: Load = { load: into.table, from, into, mode: 'append' };
    // Readers of Parquet do not decode the names of partition columns.
    const partitions = on === 'lake' ? {} : partition;
    await house.load(on === 'lake' ? plain : { ...plain, mode: 'overwrite_partition', ...partition }, { runId: 'a' });
    expect(await content(into)).toEqual(expected('a'));
    const merge: Load = { load: 'merge \'\n"', from: await rowsOf('file', 'b'), into, mode: 'merge', keys: [names[0] ?? ''], ...partitions };
    expect(await house.load(merge, { runId: 'b' })).toMatchObject({ updated: values.length, inserted: 0 });
    expect(await content(into)).toEqual(expected('b'));
    await house.undo(merge, { runId: 'b' });
    expect(await content(into)).toEqual(expected('a'));
  });
});

describe.each(engines)('from %s', (on) => {
  test.each(engines)('extract_data brings hostile columns, values and conditions to %s', async (into) => {
    const from = await rowsOf(on, '');
    const column = names[2] ?? '';
    for (const value of [values[0], values[1], values[4]]) {
      const input = { from: { table: from }, where: [{ column, op: '=', value }], select: names, into };
      const { table } = (await runStep(extractRun, extractData, input, house.context())) as { table: TableRef };
      expect(await content(table)).toEqual(expected('').filter((row) => row[column] === value));
    }
  });
});

test('a partition column whose name cannot stand in the name of a folder is refused, and a hostile value is not', async () => {
  const into = { connection: 'lake', table: hostileTable('parts') };
  const load: Load = { load: 'parts', from: await rowsOf('lake', ''), into, mode: 'overwrite_partition', ...partition };
  await expect(house.load(load)).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining("it's"),
    fix: expect.stringContaining('AS'),
  });
  const named = await house.rows(`SELECT 1 AS id, ${literal(partition.partition)} AS part`);
  await house.load({ ...load, from: named, partitionBy: 'part' });
  expect(await house.query(`SELECT * FROM ${into.table}`)).toEqual([{ id: 1, part: partition.partition }]);
});

test.runIf(postgresUrl !== undefined)('a name that PostgreSQL would cut after 63 bytes is refused before anything is made', async () => {
  const long = 'ü'.repeat(32);
  const load = (from: TableRef, table: string): Load => ({ load: 'long', from, into: { connection: 'postgres', table }, mode: 'append' });
  const refused = { name: 'ValidationError', message: expect.stringContaining('63 bytes'), fix: expect.stringContaining('shorter') };
  await expect(house.load(load(await house.rows(`SELECT 1 AS "${long}"`), `sales.t${process.pid}`))).rejects.toMatchObject(refused);
  await expect(house.load(load(await house.rows('SELECT 1 AS n'), `sales.${long}`))).rejects.toMatchObject(refused);
  expect(
    await house.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'sales' AND (tablename = 't${process.pid}' OR tablename LIKE 'ü%')`, 'postgres'),
  ).toEqual([]);
});
