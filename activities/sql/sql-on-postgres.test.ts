import { describe, expect, inject, test } from 'vitest';
import { closeEngines } from '../engines/open-engine.js';
import { numberParameters } from '../engines/postgres/named-parameters.js';
import { Warehouse } from '../load/lake.fixture.js';
import { runStep } from '../run-step.fixture.js';
import run from './run.js';
import { sql } from './steps.js';

const postgresUrl = inject('postgresUrl');
const house = new Warehouse(
  postgresUrl === undefined ? {} : { postgres: { kind: 'postgres', url: postgresUrl }, nobody: { kind: 'postgres', url: 'postgres://x@127.0.0.1:1/x' } },
);

const ask = async (statement: string, more: object = {}, context = house.context()) =>
  (await runStep(run, sql, { on: 'postgres', statement, ...more }, context)) as {
    rows?: Record<string, unknown>[];
    rowCount: number;
    columns: { name: string; type: string }[];
  };

describe.runIf(postgresUrl !== undefined)('on PostgreSQL', () => {
  test('values come back JSON-safe, whatever the server is set to', async () => {
    const { rows, columns } = await ask(
      "SELECT 7::bigint a, 9007199254740993 b, 1.10::numeric(10,2) c, timestamp '2001-07-01 00:00:00.123456' d, date '2001-07-01' e, timestamptz '2001-07-01 02:00:00+02' f, NULL g, '' h, TRUE i, '{\"a\": [1]}'::jsonb j, 'NaN'::float8 k, 1 a",
    );
    expect(rows).toEqual([
      {
        a: 7,
        b: '9007199254740993',
        c: '1.10',
        d: '2001-07-01T00:00:00.123456',
        e: '2001-07-01',
        f: '2001-07-01T00:00:00Z',
        g: null,
        h: '',
        i: true,
        j: { a: [1] },
        k: 'NaN',
        a_1: 1,
      },
    ]);
    expect(columns.slice(0, 3)).toEqual([
      { name: 'a', type: 'bigint' },
      { name: 'b', type: 'bigint' },
      { name: 'c', type: 'numeric' },
    ]);
  });

  test('parameters are bound by place and by name', async () => {
    const text = '\'; DROP TABLE x; --\n"😀';
    expect((await ask('SELECT $1::text AS text, $2::int AS n', { parameters: [text, 3] })).rows).toEqual([{ text, n: 3 }]);
    expect((await ask("SELECT $text::text AS text, '$n' AS literal, $n::int + $n::int AS n -- $none", { parameters: { text, n: 3 } })).rows).toEqual([
      { text, literal: '$n', n: 6 },
    ]);
  });

  test.each([
    ['SELECT nothing FROM pg_sql_test', 'unknown_column', 'pg_sql_test has here, there'],
    ['SELECT * FROM nothing', 'unknown_table', 'nothing'],
    ['SELEC 1', 'bad_sql', 'SELEC'],
    ['SELECT 1; SELECT 2', 'bad_sql', 'multiple commands'],
    ['SELECT * FROM generate_series(1, 1001)', 'too_many_rows', '1000'],
    ["SELECT 'x'::int", 'validation_failed', 'x'],
    ['DO $$ BEGIN SET LOCAL ROLE headrace_nobody; PERFORM * FROM public.pg_sql_test; END $$', 'permission_denied', 'permission denied for'],
  ])('%s is refused as %s', async (statement, code, message) => {
    await ask('CREATE TABLE IF NOT EXISTS pg_sql_test (here int, there int)');
    await ask('DO $$ BEGIN CREATE ROLE headrace_nobody; EXCEPTION WHEN duplicate_object THEN NULL; END $$');
    await expect(ask(statement)).rejects.toMatchObject({
      name: expect.stringMatching(/ValidationError|PermissionDeniedError/),
      code,
      message: expect.stringContaining(message),
    });
  });

  test('a change gives its count, and one that returns too many rows is taken back', async () => {
    await ask('CREATE TABLE pg_changes AS SELECT n FROM generate_series(1, 1500) AS n');
    expect(await ask('UPDATE pg_changes SET n = n WHERE n <= 10')).toEqual({ rowCount: 10, columns: [] });
    await expect(ask('DELETE FROM pg_changes RETURNING n')).rejects.toMatchObject({ code: 'too_many_rows' });
    expect((await ask('WITH gone AS (DELETE FROM pg_changes WHERE n > 1000 RETURNING n) SELECT count(*) AS n FROM gone')).rows).toEqual([{ n: 500 }]);
    expect((await ask('SELECT count(*) AS n FROM pg_changes')).rows).toEqual([{ n: 1000 }]);
    await ask('VACUUM pg_changes');
  });

  test('a step leaves nothing of its session to the next but the connection', async () => {
    const server = async () => (await ask('SELECT pg_backend_pid() AS id')).rows;
    const first = await server();
    expect(await server()).toEqual(first);
    await ask("SET search_path = 'nowhere'");
    expect(await server()).toEqual(first);
    expect((await ask('SHOW search_path')).rows).toEqual([{ search_path: '"$user", public' }]);
  });

  test('a cancelled step cancels its statement on the server', async () => {
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(new Error('cancelled')), 200);
    await expect(ask('SELECT pg_sleep(30) AS headrace_sleeps', {}, house.context({ signal: cancel.signal }))).rejects.toThrow('cancelled');
    await expect
      .poll(
        async () =>
          (await ask("SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%headrace_sleeps%' AND pid <> pg_backend_pid()")).rows,
      )
      .toEqual([{ n: 0 }]);
  });

  test('a server that drops the connection fails the step alone, and the next one gets another', async () => {
    await expect(ask('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow();
    expect((await ask('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await closeEngines();
    expect((await ask('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  });

  test('a server that is not there is unreachable, and tried again', async () => {
    await expect(ask('SELECT 1', { on: 'nobody' })).rejects.toMatchObject({ name: 'HeadraceError', code: 'unreachable' });
  });
});

test.each([
  ['SELECT $a', 'SELECT $1'],
  ['SELECT \'$a\', "$a", $a -- $a\n, $a /* $a /* */ $a */', 'SELECT \'$a\', "$a", $1 -- $a\n, $1 /* $a /* */ $a */'],
  ["SELECT $$ $a $$, $x$ $a $$ $x$, $a, E'\\'$a'", "SELECT $$ $a $$, $x$ $a $$ $x$, $1, E'\\'$a'"],
  ['SELECT b$a, $a', 'SELECT b$a, $1'],
])('names in %s are numbered outside texts and comments', (text, expected) => {
  expect(numberParameters({ text, parameters: { a: 1 } })).toEqual({ text: expected, values: [1] });
});

test('a name without a value is refused', () => {
  expect(() => numberParameters({ text: 'SELECT $b', parameters: { a: 1 } })).toThrow('$b has no value');
});
