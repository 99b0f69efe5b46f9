import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { TableRef } from '../../sdk/index.js';
import { furtherEngines } from '../engines/further-engines.fixture.js';
import { serve } from '../http/server.fixture.js';
import { Warehouse } from '../load/lake.fixture.js';
import { runStep } from '../run-step.fixture.js';
import { stepContext } from '../step-context.fixture.js';
import run from './run.js';
import { extractData } from './steps.js';

const postgresUrl = inject('postgresUrl');

const folder = mkdtempSync(join(tmpdir(), 'headrace-extract-'));
const pages = [
  [
    { id: 1, name: 'a' },
    { id: 2, name: null },
  ],
  [{ id: 3, name: '' }],
];
const connections = {
  lake: { kind: 'duckdb' as const, folder: join(folder, 'lake') },
  file: { kind: 'duckdb' as const, file: join(folder, 'warehouse.duckdb') },
  vega: { kind: 'files' as const, folder: 'node_modules/vega-datasets/data' },
  drop: { kind: 'files' as const, folder },
  ...(postgresUrl === undefined ? {} : { postgres: { kind: 'postgres' as const, url: postgresUrl } }),
  ...furtherEngines,
} satisfies Parameters<typeof stepContext>[0];
const house = new Warehouse(connections);

interface Extracted {
  table: TableRef;
  rows: number;
  bytes: number;
  columns: { name: string; type: string }[];
}

const extract = async (input: object, context = house.context()) => (await runStep(run, extractData, input, context)) as Extracted;
const firstDay = [
  { column: 'date', op: '<', value: '2001-01-02' },
  { column: 'origin', op: 'in', value: ['LAS', 'ATL'] },
];

const engines = ['lake', 'file', ...(postgresUrl === undefined ? [] : ['postgres']), ...Object.keys(furtherEngines)];

describe.each(engines)('into %s', (into) => {
  const content = (table: TableRef, what = '*') => house.query(`SELECT ${what} FROM ${table.table} ORDER BY 1`, into);

  test('Parquet is filtered on its way', async () => {
    const flights = await extract({ from: { files: 'vega', path: 'flights-3m.parquet' }, where: firstDay, select: ['date', 'origin'], into });
    expect(flights.columns.map(({ name }) => name)).toEqual(['date', 'origin']);
    expect(await content(flights.table, 'min(date) AS first, max(date) AS last, count(*) AS n')).toEqual([
      { first: '2001-01-01T00:01:00', last: expect.stringMatching(/^2001-01-01T23/), n: flights.rows },
    ]);
    expect(flights.bytes).toBeGreaterThan(0);
  });

  test('CSV with quotes, line breaks and empty texts arrives as it is', async () => {
    writeFileSync(join(folder, 'odd.csv'), 'id,text\n1,"a ""b"", c"\n2,"two\nlines"\n3,é 😀\n');
    const odd = await extract({ from: { files: 'drop', path: 'odd.csv' }, into });
    expect(await content(odd.table)).toEqual([
      { id: 1, text: 'a "b", c' },
      { id: 2, text: 'two\nlines' },
      { id: 3, text: 'é 😀' },
    ]);
  });

  test('JSON lines and arrays are read', async () => {
    writeFileSync(join(folder, 'rows.jsonl'), '{"id": 1, "name": "a"}\n{"id": 2}\n');
    writeFileSync(join(folder, 'rows.json'), '[{"id": 1, "name": "a"}, {"id": 2, "name": null}]');
    for (const path of ['rows.jsonl', 'rows.json'])
      expect(await content((await extract({ from: { files: 'drop', path }, into })).table)).toEqual([
        { id: 1, name: 'a' },
        { id: 2, name: null },
      ]);
  });

  test('an HTTP source is read page by page', async () => {
    const { url } = await serve((request, response) => {
      const page = Number(new URL(request.url, 'http://api').searchParams.get('page'));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(pages[page - 1] ?? []));
    });
    const context = stepContext({ ...connections, api: { kind: 'http', url, privateAddresses: true } }, { key: `http-${into}` });
    const records = await extract({ from: { http: { connection: 'api', path: 'records', paging: { by: 'page' } } }, into }, context);
    expect(await content(records.table)).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: null },
      { id: 3, name: '' },
    ]);
  });

  test.each(engines)('a table and a query of %s are copied, with bound values', async (from) => {
    const source = await house.rows("SELECT * FROM (VALUES (1, 'it''s'), (2, ''), (3, NULL)) AS t(id, name)", from);
    const rows = await extract({ from: { table: source }, where: [{ column: 'id', op: '>', value: 1.5 }], into });
    expect(await content(rows.table)).toEqual([
      { id: 2, name: '' },
      { id: 3, name: null },
    ]);
    const queried = await extract({ from: { on: from, statement: `SELECT id FROM ${source.table} WHERE name = $name`, parameters: { name: "it's" } }, into });
    expect(await content(queried.table)).toEqual([{ id: 1 }]);
  });
});

test('a file that is not there is named', async () => {
  await expect(extract({ from: { files: 'vega', path: 'nothing.parquet' }, into: 'lake' })).rejects.toMatchObject({
    code: 'unreadable_file',
    message: expect.stringContaining('nothing.parquet'),
  });
});

test('a value that cannot be read as its column is refused', async () => {
  const where = [{ column: 'date', op: '=', value: 'yesterday' }];
  await expect(extract({ from: { files: 'vega', path: 'flights-3m.parquet' }, where, into: 'lake' })).rejects.toMatchObject({ name: 'ValidationError' });
});
