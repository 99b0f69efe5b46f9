import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../../activities/engines/dialect.js';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import type { TableRef } from '../../../sdk/index.js';
import { IceHouse } from '../iceberg/ice-house.js';
import { startTrino, type TrinoServer } from '../trino.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 300_000 });

let trino: TrinoServer;
let house: IceHouse;

beforeAll(async () => {
  trino = await startTrino();
  house = new IceHouse(trino);
  await house.ask('CREATE SCHEMA IF NOT EXISTS iceberg.lake');
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

const names = ['a"b', "it's", 'x"; drop table y; --', 'two\nlines\r\t', 'ünï 😀', 'select', '$1 $name ?', 'back\\slash %s', 'dot.ted', '{"a": 1}'];
const values = ["'; DROP TABLE x; --", 'y'.repeat(10_000), "'".repeat(10_000), '"\n\r\t\\N', 'é 😀', '', '$1', '%', "E'\\x41'", ','];
const key = 0;
const partition = 1;
const table = (name: string): TableRef => ({ connection: 'lake', table: `lake.${quoteIdentifier(name)}` });
const part = 'a \'b\' / c=1\n😀 "%2F"; --';

/** Rows with a key that is hostile too, in one partition; the other columns hold the values in turn. */
function rows(mark: string): Promise<TableRef> {
  const select = values.map((value, row) => {
    const cells = names.map((_, column) => {
      if (column === key) return value;
      return column === partition ? part : `${mark}${values[(row + column) % values.length]}`;
    });
    return `SELECT ${cells.map((cell, column) => `CAST(${quoteLiteral(cell)} AS varchar) AS ${quoteIdentifier(names[column] ?? '')}`).join(', ')}`;
  });
  return house.rows(select.join(' UNION ALL '));
}

const expected = (mark: string) =>
  values.map((value, row) =>
    names.map((_, column) => {
      if (column === key) return value;
      return column === partition ? part : `${mark}${values[(row + column) % values.length]}`;
    }),
  );

const content = async ({ table: from }: TableRef) => (await house.ask(`SELECT ${names.map(quoteIdentifier).join(', ')} FROM ${from}`)).sort();

test.each(["t\"; drop 'ünï'\n", 'select', 'dot.ted 😀'])(
  'into a table that is called %j hostile columns and values are loaded, merged and undone, each row once',
  async (name) => {
    const into = table(name);
    const first = {
      load: 'first \'\n"; --',
      from: await rows('a'),
      into,
      mode: 'overwrite_partition',
      partitionBy: names[partition] ?? '',
      partition: part,
    } as const;
    expect(await house.iceberg(first, { runId: 'a' })).toMatchObject({ rows: values.length, inserted: values.length });
    expect(await content(into)).toEqual(expected('a').sort());
    const merge = { load: 'merge \'\n"', from: await rows('b'), into, mode: 'merge' as const, keys: [names[key] ?? ''] };
    expect(await house.iceberg(merge, { runId: 'b' })).toMatchObject({ updated: values.length, inserted: 0 });
    expect(await house.iceberg(merge, { runId: 'b', attempt: 2 })).toMatchObject({ updated: values.length, inserted: 0 });
    expect(await content(into)).toEqual(expected('b').sort());
    const again = { ...first, load: 'again', from: await rows('c') };
    expect(await house.iceberg(again, { runId: 'c' })).toMatchObject({ inserted: values.length, deleted: values.length });
    expect(await content(into)).toEqual(expected('c').sort());
    expect(await house.undo(again, { runId: 'c' })).toMatchObject({ undone: true });
    expect(await content(into)).toEqual(expected('b').sort());
  },
);

test('rows that are not of the partition that is named are refused, and one that no file system has a path for is refused with what works', async () => {
  const into = table('long');
  const part = "'".repeat(10_000);
  const from = await house.rows(`SELECT 1 AS id, ${quoteLiteral(part)} AS part`);
  const load = { load: 'long', from, into, mode: 'overwrite_partition', partitionBy: 'part' } as const;
  const strange = house.iceberg({ ...load, partition: "' OR TRUE OR part = '" });
  await expect(strange).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringContaining('1 rows do not belong') });
  await expect(house.iceberg({ ...load, load: 'longer', partition: part })).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringMatching(/ICEBERG_WRITER_OPEN_ERROR: .* A path in the store would be too long/),
    fix: expect.stringContaining('truncate(name, 32)'),
  });
  expect(await house.ask(`SELECT count(*) FROM ${into.table}`)).toEqual([[0]]);
  const shorter = { connection: 'lake', table: 'lake.shorter' };
  expect(await house.iceberg({ load: 'shorter', from, into: shorter, mode: 'append', partitioning: ['truncate(part, 32)'] })).toMatchObject({ rows: 1 });
  expect(await house.ask(`SELECT length(part), part = ${quoteLiteral(part)} FROM ${shorter.table}`)).toEqual([[10_000, true]]);
});
