import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TableRef } from '../../sdk/index.js';
import extractRun from '../extract/run.js';
import { extractData } from '../extract/steps.js';
import { runStep } from '../run-step.fixture.js';
import { stepContext } from '../step-context.fixture.js';
import run from './run.js';
import { sql } from './steps.js';

const vega = 'node_modules/vega-datasets/data';

function connections() {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-test-'));
  return {
    lake: { kind: 'duckdb', folder: join(folder, 'lake') },
    file: { kind: 'duckdb', file: join(folder, 'warehouse.duckdb') },
    vega: { kind: 'files', folder: vega },
  } as const;
}

type Output = { rows?: Record<string, unknown>[]; rowCount: number; columns: { name: string; type: string }[]; table?: TableRef; bytes?: number };
type Extracted = { table: TableRef; rows: number; bytes: number; columns: { name: string; type: string }[] };

const run1 = (input: object, context = stepContext(connections())) => runStep(run, sql, input, context) as Promise<Output>;
const extract = (input: object, context = stepContext(connections())) => runStep(extractRun, extractData, input, context) as Promise<Extracted>;

test('values come back JSON-safe: exact integers, decimals as strings, ISO times', async () => {
  const statement =
    "SELECT 7::BIGINT a, 9007199254740993::BIGINT b, 1.10::DECIMAL(10,2) c, TIMESTAMP '2001-07-01 00:00:00.123456' d, DATE '2001-07-01' e, '2001-07-01 02:00:00+02'::TIMESTAMPTZ f, NULL g, '' h";
  const { rows } = await run1({ on: 'lake', statement });
  expect(rows).toEqual([
    { a: 7, b: '9007199254740993', c: '1.10', d: '2001-07-01T00:00:00.123456', e: '2001-07-01', f: '2001-07-01T00:00:00Z', g: null, h: '' },
  ]);
});

test('one day of flights is extracted, and a statement reads it under a name of its own', async () => {
  const context = stepContext(connections());
  const where = [
    { column: 'date', op: '>=', value: '2001-07-01' },
    { column: 'date', op: '<', value: '2001-07-02' },
  ];
  const raw = await extract({ from: { files: 'vega', path: 'flights-3m.parquet' }, where, into: 'lake' }, context);
  expect(raw.rows).toBe(6);
  expect(raw.bytes).toBeGreaterThan(0);
  const counted = await run1({ on: 'lake', tables: { flights: raw.table }, statement: 'SELECT count(*) AS flights FROM flights' }, context);
  expect(counted.rows).toEqual([{ flights: 6 }]);
  const kept = await run1(
    { on: 'lake', tables: { flights: raw.table }, statement: 'SELECT origin FROM flights WHERE distance > $least', parameters: { least: 500 }, into: 'far' },
    context,
  );
  const again = await run1({ on: 'file', tables: { far: kept.table }, statement: 'SELECT * FROM far' }, context);
  expect(again.rowCount).toBe(kept.rowCount);
});

test('CSV is extracted with its types, and with types that are given', async () => {
  const context = stepContext(connections());
  const weather = await extract(
    { from: { files: 'vega', path: 'seattle-weather.csv', types: { wind: 'DECIMAL(6,2)' } }, select: ['date', 'wind'], into: 'file' },
    context,
  );
  expect(weather).toMatchObject({
    rows: 1461,
    columns: [
      { name: 'date', type: 'DATE' },
      { name: 'wind', type: 'DECIMAL(6,2)' },
    ],
  });
});

test('a retry replaces what an earlier attempt extracted', async () => {
  const context = stepContext(connections());
  const first = await extract({ from: { files: 'vega', path: 'airports.csv' }, into: 'lake' }, context);
  const second = await extract({ from: { files: 'vega', path: 'airports.csv' }, into: 'lake' }, context);
  expect(second).toEqual(first);
  expect((await run1({ on: 'lake', tables: { airports: first.table }, statement: 'SELECT count(*) AS n FROM airports' }, context)).rows).toEqual([
    { n: first.rows },
  ]);
});

test.each([
  ['SELECT nothing FROM airports', 'unknown_column'],
  ['SELECT * FROM nothing', 'unknown_table'],
  ['SELEC 1', 'bad_sql'],
  ['SELECT 1; SELECT 2', 'bad_sql'],
  ['FROM range(1001)', 'too_many_rows'],
])('%s is refused as %s', async (statement, code) => {
  const context = stepContext(connections());
  const airports = await extract({ from: { files: 'vega', path: 'airports.csv' }, into: 'lake' }, context);
  await expect(run1({ on: 'lake', tables: { airports: airports.table }, statement }, context)).rejects.toMatchObject({ name: 'ValidationError', code });
});

test('a condition on a column that is not there is refused with the columns that are', async () => {
  const input = { from: { files: 'vega', path: 'airports.csv' }, where: [{ column: 'x"; DROP TABLE y', op: 'is_null' }], into: 'lake' };
  await expect(extract(input)).rejects.toMatchObject({ code: 'unknown_column', message: expect.stringContaining('iata, name, city') });
});

test.each(['../package.json', '/etc/passwd', 'data/../../x.csv'])('the path %s may not leave the folder', async (path) => {
  await expect(extract({ from: { files: 'vega', path, format: 'csv' }, into: 'lake' })).rejects.toMatchObject({ name: 'ValidationError' });
});

test('a cancelled step interrupts its statement', async () => {
  const cancel = new AbortController();
  const context = stepContext(connections(), { signal: cancel.signal });
  setTimeout(() => cancel.abort(new Error('cancelled')), 200);
  const began = Date.now();
  await expect(run1({ on: 'lake', statement: 'SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7' }, context)).rejects.toThrow(
    'cancelled',
  );
  expect(Date.now() - began).toBeLessThan(5_000);
});

test('any text passes as a parameter unchanged', async () => {
  const context = stepContext(connections());
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => !text.includes('\0')),
      async (text) => {
        const { rows } = await run1({ on: 'lake', statement: 'SELECT $text AS text', parameters: { text } }, context);
        expect(rows).toEqual([{ text }]);
      },
    ),
    { numRuns: 50, examples: [["'; DROP TABLE x; --"], ['"\n\r\t\\'], ['😀'.repeat(5_000)]] },
  );
});
