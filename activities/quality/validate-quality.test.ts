import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { type CheckInput, checks } from '../../sdk/authoring/quality.js';
import type { TableRef } from '../../sdk/index.js';
import { DuckDbFileEngine } from '../engines/duckdb/file-engine.js';
import { DuckDbFolderEngine } from '../engines/duckdb/folder-engine.js';
import { furtherEngines } from '../engines/further-engines.fixture.js';
import { PostgresEngine } from '../engines/postgres/postgres-engine.js';
import { TrinoEngine } from '../engines/trino/trino-engine.js';
import { runStep } from '../run-step.fixture.js';
import sqlRun from '../sql/run.js';
import { sql } from '../sql/steps.js';
import { stepContext } from '../step-context.fixture.js';
import run from './run.js';
import { type QualityReport, validateQuality } from './steps.js';

const postgresUrl = inject('postgresUrl');
const engines = ['lake', 'file', ...(postgresUrl === undefined ? [] : ['postgres']), ...Object.keys(furtherEngines)];

const folder = mkdtempSync(join(tmpdir(), 'headrace-quality-'));
const connections: Parameters<typeof stepContext>[0] = {
  lake: { kind: 'duckdb', folder: join(folder, 'lake') },
  file: { kind: 'duckdb', file: join(folder, 'warehouse.duckdb') },
  ...(postgresUrl === undefined ? {} : { postgres: { kind: 'postgres' as const, url: postgresUrl } }),
  ...furtherEngines,
};

const engineClasses = [DuckDbFolderEngine, DuckDbFileEngine, PostgresEngine, TrinoEngine];

let calls = 0;
const context = () => stepContext(connections, { key: `quality-${process.pid}-${calls++}` });

async function table(on: string, statement: string): Promise<TableRef> {
  return ((await runStep(sqlRun, sql, { on, statement, into: 'rows' }, context())) as { table: TableRef }).table;
}

async function validate(of: TableRef, list: CheckInput[], more: object = {}): Promise<QualityReport> {
  return (await runStep(run, validateQuality, { table: of, checks: list, ...more }, context())) as QualityReport;
}

const values = (rows: string, columns: string) => `SELECT * FROM (VALUES ${rows}) AS t(${columns})`;
const failed = (report: QualityReport) => report.checks.map(({ failedRows }) => failedRows);

describe.each(engines)('on %s', (on) => {
  test('what is not a number is in no range', async () => {
    const double = on === 'postgres' ? 'double precision' : 'DOUBLE';
    const d = (text: string) => `CAST('${text}' AS ${double})`;
    const rows = await table(on, values(`(${d('NaN')}, 1), (${d('Infinity')}, 2), (${d('1')}, 3), (NULL, 4)`, 'd, n'));
    const report = await validate(rows, [
      checks.range('d', { min: 0 }),
      checks.range('d', { max: 5 }),
      checks.range('d', { min: 0, max: 5 }),
      checks.range('n', { min: 1 }),
    ]);
    expect(failed(report)).toEqual([1, 2, 2, 0]);
  });

  test('each check of rows counts the rows that break it, and NULL breaks not_null alone', async () => {
    const rows = await table(
      on,
      values(
        "(1, 'AB', '12', DATE '2001-01-01'), (1, 'x', 'no', DATE '2001-02-30' - 30), (NULL, NULL, NULL, NULL), (3, 'CD', '2001-02-29', DATE '2002-01-01')".replace(
          "DATE '2001-02-30' - 30",
          "DATE '2001-02-01'",
        ),
        'id, code, text, day',
      ),
    );
    const report = await validate(rows, [
      checks.notNull('id'),
      checks.unique('id'),
      checks.unique(['id', 'code']),
      checks.acceptedValues('code', ['AB', 'CD']),
      checks.range('id', { min: 1.5, max: 3 }),
      checks.range('day', { max: '2001-12-31' }),
      checks.pattern('code', '^[A-Z]{2}$'),
      checks.type('text', 'integer'),
      checks.type('text', 'date'),
      checks.type('id', 'number'),
    ]);
    expect(failed(report)).toEqual([1, 1, 0, 1, 2, 1, 1, 2, 3, 0]);
    expect(report.sample.find(({ check }) => check === 'pattern(code)')?.rows).toEqual([{ id: 1, code: 'x', text: 'no', day: '2001-02-01' }]);
    expect(report.sample.find(({ check }) => check === 'unique(id)')?.rows).toHaveLength(2);
  });

  test('a table without rows passes every check of rows and fails row_count and freshness', async () => {
    const rows = await table(on, `${values("(1, 'x', CURRENT_DATE)", 'id, code, day')} WHERE id = 2`);
    const report = await validate(rows, [
      checks.notNull('id'),
      checks.unique('id'),
      checks.pattern('code', 'y'),
      checks.rowCount({ min: 1 }),
      checks.freshness('day', { within: '1 day' }),
    ]);
    expect(report.checks.map(({ passed }) => passed)).toEqual([true, true, true, false, false]);
    expect(report).toMatchObject({ score: 0.6, rows: 0, passed: false, sample: [] });
  });

  test('all checks of rows are one query, and each that failed one more for its sample', async () => {
    const rows = await table(on, values("(1, 'AB', CURRENT_DATE), (2, 'AB', CURRENT_DATE)", 'id, code, day'));
    const passing = [
      checks.notNull('id'),
      checks.unique(['id', 'code']),
      checks.acceptedValues('code', ['AB']),
      checks.range('id', { min: 1 }),
      checks.pattern('code', '^[A-Z]{2}$'),
      checks.type('id', 'number'),
      checks.rowCount({ min: 1 }),
      checks.freshness('day', { within: '2 days' }),
      checks.references('id', rows, 'id'),
    ];
    const queries = engineClasses.map((it) => vi.spyOn(it.prototype, 'query'));
    onTestFinished(() => queries.forEach((it) => void it.mockRestore()));
    const asked = () => queries.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    expect(await validate(rows, passing)).toMatchObject({ score: 1 });
    expect(asked()).toBe(1);
    await validate(rows, [...passing, checks.unique('code'), checks.range('id', { max: 1 })]);
    expect(asked()).toBe(4);
  });

  test('the score is the weight of what passed, and a failure of severity info leaves the table passed', async () => {
    const rows = await table(on, values('(1), (2)', 'id'));
    const report = await validate(rows, [checks.notNull('id', { weight: 3 }), checks.range('id', { max: 1, severity: 'info' })]);
    expect(report).toMatchObject({ score: 0.75, passed: true, severity: 'info' });
    expect(await validate(rows, [checks.range('id', { max: 1, tolerance: 0.5 })])).toMatchObject({ score: 1, passed: true });
    expect(await validate(rows, [checks.range('id', { max: 1, severity: 'critical' })])).toMatchObject({ score: 0, passed: false, severity: 'critical' });
  });

  test('values that are not in the other table are counted once each, and NULL is not one of them', async () => {
    const rows = await table(on, values("('a'), ('a'), ('b'), ('c'), (NULL)", 'code'));
    const keys = await table(on, values("('a'), ('a'), ('b'), (NULL)", 'key'));
    const report = await validate(rows, [checks.references('code', keys, 'key')]);
    expect(failed(report)).toEqual([1]);
    expect(report).toMatchObject({ rows: 5, sample: [{ rows: [{ code: 'c' }] }] });
  });

  test('freshness is measured from the latest value, in UTC where it has no zone', async () => {
    const rows = await table(on, values("(TIMESTAMP '2001-01-01 00:00:00'), (TIMESTAMP '2001-06-30 23:00:00')", 'at_'));
    const report = await validate(
      rows,
      ['2001-07-01T00:00:00Z', '2001-07-01T00:00:01Z', '2001-07-01T02:00:00+02:00'].map((asOf) => checks.freshness('at_', { within: '1 hour', asOf })),
    );
    expect(report.checks.map(({ passed }) => passed)).toEqual([true, false, true]);
  });

  test("a query of one's own passes when it selects nothing", async () => {
    const rows = await table(on, values('(1, 2), (3, 2)', 'a, b'));
    const report = await validate(rows, [
      checks.sql('a below b', 'SELECT * FROM checked WHERE a > b'),
      checks.sql('fine', 'SELECT a FROM checked GROUP BY a HAVING count(*) > 1 -- no more'),
    ]);
    expect(report.checks.map(({ passed, failedRows }) => [passed, failedRows])).toEqual([
      [false, 1],
      [true, 0],
    ]);
    expect(report.sample).toEqual([{ check: 'a below b', rows: [{ a: 3, b: 2 }] }]);
  });

  test("volume is compared with the median of the target's own earlier partitions", async () => {
    const history = await table(
      on,
      "SELECT DATE '2001-07-01' AS day, 1 AS flights FROM (VALUES (1)) AS t(n) WHERE n = 2 UNION ALL " +
        [10, 12, 11, 90].map((count, index) => `SELECT DATE '2001-06-0${index + 1}', ${count}`).join(' UNION ALL ') +
        " UNION ALL SELECT DATE '2001-07-01', 99999",
    );
    const rows = await table(on, values('(1), (2), (3), (4), (5), (6)', 'n'));
    const volume = (more: object) => checks.volume(history, { partitionBy: 'day', partition: '2001-07-01', sum: 'flights', ...more });
    const report = await validate(rows, [volume({}), volume({ tolerance: 0.4 }), volume({ least: 5 }), volume({ last: 1, least: 1 })]);
    expect(report.checks.map(({ passed }) => passed)).toEqual([true, false, true, false]);
    expect(report.checks[1]?.expected).toContain('11.5 rows ± 40 %');
    expect(report.checks[2]?.message).toContain('not judged: 4 earlier partitions');
  });

  test('volume against a table that is not there yet passes with a note', async () => {
    const rows = await table(on, values('(1)', 'n'));
    const report = await validate(rows, [checks.volume({ connection: on, table: 'not_yet' }, { partitionBy: 'day', partition: '2001-07-01' })]);
    expect(report.checks[0]).toMatchObject({ passed: true, message: expect.stringContaining('not judged') });
  });

  test('only the rows of the conditions are checked', async () => {
    const rows = await table(on, values("(1, 'x'), (2, NULL)", 'id, code'));
    expect(await validate(rows, [checks.notNull('code')], { where: [{ column: 'id', op: '<', value: 2 }] })).toMatchObject({ rows: 1, score: 1 });
  });

  test('an unknown column is refused with the columns that there are', async () => {
    const rows = await table(on, values('(1, 2)', 'a, b'));
    for (const name of ['c', 'a"; DROP TABLE x; --', 'x'.repeat(10_000), '\n', 'é']) {
      await expect(validate(rows, [checks.notNull(name)])).rejects.toMatchObject({
        name: 'ValidationError',
        code: 'unknown_column',
        message: expect.stringContaining('Its columns are a, b'),
      });
    }
  });

  test('hostile values are compared as they are', async () => {
    const rows = await table(on, values("('x')", 'a'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'binary', maxLength: 50 }).filter((text) => !/[\0\ud800-\udfff]/.test(text)),
          { minLength: 1, maxLength: 5 },
        ),
        async (list) => {
          const report = await validate(rows, [checks.acceptedValues('a', list), checks.acceptedValues('a', [...list, 'x'])]);
          expect(failed(report)).toEqual([list.includes('x') ? 0 : 1, 0]);
        },
      ),
      { numRuns: 15, examples: [[["'); DROP TABLE t; --", '"', '\\', '\n;', '$1', '😀', 'y'.repeat(10_000)]]] },
    );
  });

  test('hostile column names are quoted', async () => {
    for (const name of ['a"b', "it's", 'x; drop table y', 'two\nlines', 'ünï 😀', 'select', '%', '$1']) {
      const quoted = `"${name.replaceAll('"', '""')}"`;
      const rows = await table(on, `SELECT 1 AS ${quoted}, 2 AS other`);
      const report = await validate(rows, [checks.notNull(name), checks.unique([name, 'other']), checks.range(name, { min: 2 }), checks.type(name, 'integer')]);
      expect(failed(report)).toEqual([0, 0, 1, 0]);
      expect(report.sample[0]?.rows).toEqual([{ [name]: 1, other: 2 }]);
    }
  });
});

test('a table may refer to one on another connection', async () => {
  const rows = await table('lake', values("('a'), ('z')", 'code'));
  for (const on of engines.slice(1)) {
    const keys = await table(on, values("('a'), ('b')", 'key'));
    expect(failed(await validate(rows, [checks.references('code', keys, 'key')]))).toEqual([1]);
    expect(failed(await validate(keys, [checks.references('key', rows, 'code')]))).toEqual([1]);
  }
});

test('long texts in a sample are cut', async () => {
  const rows = await table('lake', "SELECT repeat('x', 100000) AS text, NULL AS n");
  const report = await validate(rows, [checks.notNull('n')]);
  expect(JSON.stringify(report).length).toBeLessThan(1_000);
});
