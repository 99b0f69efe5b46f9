import { describe, expect, test } from 'vitest';
import { parseExact } from '../../outside/parse-exact.js';
import { bind, numberParameters, withNames } from './compose.js';
import type { Page } from './page.js';
import { toDuckDbType } from './types.js';
import { toJson } from './values.js';

describe('parameters', () => {
  test.each([
    ['SELECT \'$a\', "$a", $a -- $a\n, $a /* $a /* */, $a', 'SELECT \'$a\', "$a", ? -- $a\n, ? /* $a /* */, ?', 3],
    ["SELECT 'it''s $a', b$a, $a;\n-- end", "SELECT 'it''s $a', b$a, ?\n-- end", 1],
    ['WITH FUNCTION f() RETURNS int LANGUAGE PYTHON AS $$ $a $$ SELECT $a', 'WITH FUNCTION f() RETURNS int LANGUAGE PYTHON AS $$ $a $$ SELECT ?', 1],
  ])('%j: each outside of texts and comments gets a place of its own', (text, expected, count) => {
    expect(numberParameters({ text, parameters: { a: 1 } })).toEqual({ text: expected, values: Array<number>(count).fill(1) });
  });

  test('one without a value is refused, also with the name of something that every object has', () => {
    expect(() => numberParameters({ text: 'SELECT $b', parameters: { a: 1 } })).toThrow('$b has no value');
    expect(() => numberParameters({ text: 'SELECT $toString', parameters: {} })).toThrow('$toString has no value');
  });

  test('values stand behind the statement, as literals', () => {
    const values = ["it's", 1, -2.5, 1e21, true, null];
    expect(bind({ text: "SELECT '?', ?", values })).toBe("EXECUTE IMMEDIATE 'SELECT ''?'', ?' USING 'it''s', 1, -2.5E0, 1E21, TRUE, NULL");
  });
});

describe('other names of tables', () => {
  const names = new Map([['a"b', '"c"."s"."t"']]);
  const definition = '"a""b" AS (SELECT * FROM "c"."s"."t")';

  test.each([
    ['SELECT 1', `WITH ${definition}\nSELECT 1`],
    ['-- WITH\n(SELECT 1)', `WITH ${definition}\n-- WITH\n(SELECT 1)`],
    ['/* x */ with x AS (SELECT 1) SELECT 2', `/* x */ with ${definition}, x AS (SELECT 1) SELECT 2`],
    ['WITH RECURSIVE x(n) AS (SELECT 1) SELECT 2', `WITH RECURSIVE ${definition}, x(n) AS (SELECT 1) SELECT 2`],
  ])('%j gets them as common table expressions', (text, expected) => {
    expect(withNames(text, names)).toBe(expected);
  });

  test.each(['INSERT INTO x SELECT 1', 'DELETE FROM x', 'WITH FUNCTION f() RETURNS int RETURN 1 SELECT f()'])('%j is refused', (text) => {
    expect(() => withNames(text, names)).toThrow('are for queries');
    expect(withNames(text, new Map())).toBe(text);
  });
});

test('an integer that a number cannot hold is a string, and texts stay as they are', () => {
  const text = '{"id":"x","data":[[9007199254740993,-9007199254740993,9007199254740991,0.30000000000000004,"[9007199254740993]","\\"9007199254740993,"]]}';
  expect((parseExact(text) as Page).data).toEqual([
    ['9007199254740993', '-9007199254740993', 9007199254740991, 0.30000000000000004, '[9007199254740993]', '"9007199254740993,'],
  ]);
});

test.each([
  ['2001-07-01 00:00:00.120000', 'timestamp(6)', '2001-07-01T00:00:00.12'],
  ['2001-07-01 02:00:00 Europe/Berlin', 'timestamp(0) with time zone', '2001-07-01T00:00:00Z'],
  ['2001-12-01 02:00:00.000001 Europe/Berlin', 'timestamp(6) with time zone', '2001-12-01T01:00:00.000001Z'],
  ['2001-07-01 02:00:00.5 +05:30', 'timestamp(1) with time zone', '2001-06-30T20:30:00.5Z'],
  ['2001-07-01', 'date', '2001-07-01'],
])('%s as %s is %s', (value, type, expected) => {
  expect(toJson(value, type)).toBe(expected);
});

test.each([
  ['decimal(38,10)', 'DECIMAL(38,10)'],
  ['varchar(20)', 'VARCHAR'],
  ['timestamp(6)', 'TIMESTAMP'],
  ['timestamp(9)', 'TIMESTAMP_NS'],
  ['timestamp(12)', 'VARCHAR'],
  ['timestamp(3) with time zone', 'TIMESTAMP WITH TIME ZONE'],
  ['time(6) with time zone', 'VARCHAR'],
  ['row(a bigint, b array(varchar))', 'JSON'],
  ['map(varchar, row(t timestamp(3) with time zone))', 'JSON'],
])('%s is %s in DuckDB', (type, expected) => {
  expect(toDuckDbType(type)).toBe(expected);
});
