import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import type { TrinoSettings } from '../../../activities/engines/trino/client-options.js';
import { pruneTables } from '../../../activities/engines/trino/prune.js';
import { TrinoSession } from '../../../activities/engines/trino/session.js';
import extractRun from '../../../activities/extract/run.js';
import { extractData } from '../../../activities/extract/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import sqlRun from '../../../activities/sql/run.js';
import { sql } from '../../../activities/sql/steps.js';
import { stepContext } from '../../../activities/step-context.fixture.js';
import type { TableRef } from '../../../sdk/index.js';
import { Connection } from '../../../sdk/node/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { startFlakyFront } from '../flaky-front.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { type Answer, slow, World } from './world.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 180_000 });

let trino: TrinoServer;
let world: World;
beforeAll(async () => {
  trino = await startTrino();
  world = new World(trino);
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

describe('what a statement gives', () => {
  test('values are exact and JSON-safe', async () => {
    const { rows, engine } = await world.sql(
      `SELECT 7 a, BIGINT '9007199254740993' b, DECIMAL '12345678901234567890.10' c, TIMESTAMP '2001-07-01 00:00:00.123456' d, DATE '2001-07-01' e,
       TIMESTAMP '2001-07-01 02:00:00.5 Europe/Berlin' f, NULL g, '' h, TRUE i, JSON '{"a": [1]}' j, nan() k, 1 a, ARRAY[BIGINT '-9007199254740993'] l, 0.30000000000000004E0 m, '9007199254740993' n;`,
    );
    const exact = { a: 7, b: '9007199254740993', c: '12345678901234567890.10', d: '2001-07-01T00:00:00.123456', e: '2001-07-01', f: '2001-07-01T00:00:00.5Z' };
    const rest = { g: null, h: '', i: true, j: { a: [1] }, k: 'NaN', a_1: 1, l: ['-9007199254740993'], m: 0.30000000000000004, n: '9007199254740993' };
    expect(rows).toEqual([{ ...exact, ...rest }]);
    expect(engine).toMatchObject({ name: 'Trino', id: expect.stringMatching(/^\d{8}_/), link: expect.stringContaining(trino.url) });
  });

  test('instants leave Trino as what they are, whether their zone is a name or an offset', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headrace-instants-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const context = stepContext({ trino: world.connection(), lake: { kind: 'duckdb', folder } }, { key: `trino-instants-${process.pid}` });
    const statement = `SELECT from_iso8601_timestamp('2001-07-01T12:00:00.5+05:30') AS half, TIMESTAMP '2001-07-01 12:00:00 -03:00' AS west,
      TIMESTAMP '2001-07-01 12:00:00 Europe/Paris' AS named, TIMESTAMP '2001-07-01 12:00:00 UTC' AS utc, CAST(NULL AS timestamp with time zone) AS none`;
    const { table } = (await runStep(extractRun, extractData, { from: { on: 'trino', statement }, into: 'lake' }, context)) as { table: TableRef };
    const { rows } = (await runStep(sqlRun, sql, { on: 'lake', statement: `FROM ${table.table}` }, context)) as Answer;
    expect(rows).toEqual([
      { half: '2001-07-01T06:30:00.5Z', west: '2001-07-01T15:00:00Z', named: '2001-07-01T10:00:00Z', utc: '2001-07-01T12:00:00Z', none: null },
    ]);
  });

  test('a change gives its count, and what a session sets does not reach the next statement', async () => {
    await world.ask('CREATE SCHEMA IF NOT EXISTS memory.works');
    await world.ask('CREATE TABLE memory.works.changed (n bigint)');
    expect(await world.sql('INSERT INTO memory.works.changed VALUES 1, 2')).toMatchObject({ rowCount: 2, columns: [] });
    await world.sql('SET SESSION query_priority = 7');
    await world.sql('USE tpch.tiny');
    expect((await world.sql('SELECT current_catalog AS name')).rows).toEqual([{ name: 'memory' }]);
    expect((await world.sql("SHOW SESSION LIKE 'query_priority'")).rows?.[0]?.Value).toBe('1');
  });

  test('session properties, source and tags of the run are what Trino sees', async () => {
    const context = world.context(
      { tenant: async () => 'ours', workflowId: 'pipeline-daily-1', callId: 'sql#3' },
      { session: { join_distribution_type: 'BROADCAST' }, clientTags: ['team'] },
    );
    expect((await world.sql("SHOW SESSION LIKE 'join_distribution_type'", {}, context)).rows?.[0]?.Value).toBe('BROADCAST');
    const { engine } = await world.sql('SELECT 1 AS tagged', {}, context);
    expect(await world.session(engine?.id)).toMatchObject({
      source: expect.stringMatching(/^headrace\/headrace-[0-9a-f]+\/answer$/),
      clientTags: expect.arrayContaining(['headrace', 'team', 'tenant=ours', 'pipeline=test', 'run=pipeline-daily-1', 'step=sql#3']),
      systemProperties: expect.objectContaining({ join_distribution_type: 'BROADCAST', query_max_run_time: '3600s' }),
    });
  });
});

describe('what a statement took', () => {
  test('is what Trino says of it, for one that gives rows and for one that keeps them', async () => {
    await world.ask('CREATE SCHEMA IF NOT EXISTS iceberg.works');
    await world.ask('CREATE TABLE iceberg.works.lines AS SELECT * FROM tpch.tiny.lineitem');
    const statement = "SELECT count(*) AS n FROM works.lines WHERE comment LIKE '%express%'";
    const counted = await world.sql(statement, { on: 'iceberg' });
    const told = await world.stats(counted.engine?.id);
    expect(counted.cost).toMatchObject({ scannedRows: told.processedInputPositions, scannedBytes: told.physicalInput });
    expect(counted.cost?.scannedRows).toBe(60_175);
    expect(counted.cost?.scannedBytes).toBeGreaterThan(100_000);
    expect(counted.cost?.cpuSeconds).toBeGreaterThan(0);
    expect(counted.cost?.wallSeconds).toBeGreaterThan(0);
    expect(counted.cost?.peakMemoryBytes).toBeGreaterThan(0);
    expect(counted.cost).not.toHaveProperty('writtenBytes');
    const kept = await world.sql('SELECT * FROM works.lines', { on: 'iceberg', into: 'lines' });
    expect(kept.cost?.scannedRows).toBeGreaterThanOrEqual(60_175);
    expect(kept.cost?.writtenBytes).toBe(kept.bytes);
  });
});

describe('what is refused', () => {
  test.each([
    ['SELECT nothing FROM tpch.tiny.region', 'ValidationError', 'unknown_column'],
    ['SELECT * FROM nothing', 'ValidationError', 'unknown_table'],
    ['SELECT * FROM nowhere.a.b', 'ValidationError', 'unknown_table'],
    ['SELEC 1', 'ValidationError', 'bad_sql'],
    ['SELECT 1; SELECT 2', 'ValidationError', 'bad_sql'],
    ['SELECT $2', 'ValidationError', 'bad_sql'],
    ["SELECT CAST('x' AS integer)", 'ValidationError', 'validation_failed'],
    ['SELECT 1 / 0', 'ValidationError', 'validation_failed'],
    ['SELECT * FROM tpch.tiny.orders', 'ValidationError', 'too_many_rows'],
    ["INSERT INTO memory.works.typed VALUES 'x'", 'SchemaConflictError', 'schema_conflict'],
  ])('%s: %s %s', async (statement, name, code) => {
    await world.ask('CREATE SCHEMA IF NOT EXISTS memory.works');
    await world.ask('CREATE TABLE IF NOT EXISTS memory.works.typed (n bigint)');
    await expect(world.sql(statement)).rejects.toMatchObject({ name, code });
    expect((await world.listed('tiny.orders')).filter(({ state }) => state === 'RUNNING')).toEqual([]);
  });

  test('who may not read is told so, with and without into', async () => {
    for (const more of [{}, { into: 'rows' }])
      await expect(world.sql('SELECT * FROM tpch.tiny.customer', { on: 'visitor', ...more })).rejects.toMatchObject({
        name: 'PermissionDeniedError',
        code: 'permission_denied',
      });
  });

  test('a user error with into is refused, and tells of the statement', async () => {
    const statement = 'SELECT name,\n nothing + $1 FROM tpch.tiny.region';
    await expect(world.sql('SELECT name,\n nothing FROM tpch.tiny.region', { into: 'rows' })).rejects.toMatchObject({
      code: 'unknown_column',
      message: "line 2:2: Column 'nothing' cannot be resolved",
    });
    await expect(world.sql(statement, { parameters: [1], into: 'rows' })).rejects.toMatchObject({ code: 'unknown_column' });
  });

  test('run-scoped tables are dropped when they are old, and only those', async () => {
    const { table } = await world.sql('SELECT 1 AS n', { into: 'aged' });
    const session = new TrinoSession('trino', Connection.parse(world.connection()) as TrinoSettings, { ...world.context(), tenant: 'default' });
    await pruneTables(session, 14, Date.now() + 13 * 86_400_000);
    expect(await world.ask(`SHOW TABLES FROM memory.headrace_tmp LIKE 'aged%'`)).toEqual([[table?.table.split('.')[1]]]);
    await pruneTables(session, 14, Date.now() + 15 * 86_400_000);
    expect(await world.ask(`SHOW TABLES FROM memory.headrace_tmp LIKE 'aged%'`)).toEqual([]);
  });
});

describe('hostile names and values', () => {
  const hostile = [
    "'; DROP TABLE x; --",
    '"',
    '\\',
    '$1 $text ?',
    'two\nlines\r\n\t',
    'ünï 😀',
    '/* */ -- ',
    "U&'\\0041'",
    '%',
    'y'.repeat(10_000),
    "'".repeat(10_000),
  ];

  test('values pass through parameters unchanged', async () => {
    for (const text of hostile) {
      expect((await world.sql('SELECT $text AS text, $text = $text AS same', { parameters: { text } })).rows).toEqual([{ text, same: true }]);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => !/[\ud800-\udfff]/.test(text)),
        async (text) => {
          expect((await world.sql('SELECT $1 AS text', { parameters: [text] })).rows).toEqual([{ text }]);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('names pass through identifiers unharmed', async () => {
    for (const on of ['trino', 'iceberg']) {
      for (const name of ['a"b', "it's", 'x; drop table y', 'two\nlines', 'ünï 😀', 'select', '$1', 'z'.repeat(200)]) {
        const quoted = `"${name.replaceAll('"', '""')}"`;
        const { table } = await world.sql(`SELECT 1 AS ${quoted}, $text AS other`, { on, parameters: { text: "it's" }, into: 'named' });
        const read = await world.sql(`SELECT ${quoted}, other FROM ${quoted}`, { on, tables: { [name]: table } });
        expect(read.rows).toEqual([{ [name]: 1, other: "it's" }]);
      }
    }
  });
});

describe('a statement that is left', () => {
  test('is gone from Trino when the step is cancelled in the middle', async () => {
    const cancel = new AbortController();
    const context = world.context({ signal: cancel.signal });
    const running = world.sql(slow, { parameters: { like: '%cancelled here%' } }, context);
    running.catch(() => undefined);
    await expect.poll(() => world.listed('cancelled here'), { timeout: 30_000 }).toMatchObject([{ state: 'RUNNING' }]);
    await expect.poll(() => context.heartbeats.length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(context.heartbeats.at(-1)).toMatchObject({
      engine: { name: 'Trino', id: expect.stringMatching(/^\d{8}_/), link: expect.stringContaining(trino.url) },
      progress: { rows: expect.any(Number), bytes: expect.any(Number), splits: expect.stringContaining('/') },
    });
    cancel.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await expect.poll(() => world.listed('cancelled here'), { timeout: 30_000 }).toMatchObject([{ state: 'FAILED' }]);
  });

  test('never runs when the step is cancelled before its first page', async () => {
    const cancel = new AbortController();
    const front = await startFlakyFront(trino.url);
    const running = world.sql(slow, { parameters: { like: '%never begun%' } }, world.context({ signal: cancel.signal }, { url: front.url }));
    running.catch(() => undefined);
    await expect.poll(() => front.asked.length).toBeGreaterThan(0);
    cancel.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    expect((await world.listed('never begun')).filter(({ state }) => state !== 'FAILED')).toEqual([]);
  });

  test('is ended by Trino itself when its time is over', async () => {
    const running = world.sql(slow, { parameters: { like: '%too long%' } }, world.context({}, { statementTimeout: 2_000 }));
    await expect(running).rejects.toMatchObject({ name: 'HeadraceError', code: 'work_failed', message: expect.stringContaining('EXCEEDED_TIME_LIMIT') });
    expect(await world.listed('too long')).toMatchObject([{ state: 'FAILED' }]);
  });
});

describe('on the way to Trino', () => {
  test('429, 502, 503, 504 and cut connections are asked again, and the statement runs once', async () => {
    const front = await startFlakyFront(trino.url);
    front.next.push(503, 429, 0);
    const context = world.context({}, { url: front.url });
    expect((await world.sql("SELECT count(*) AS n, 'through trouble' AS word FROM tpch.tiny.nation", {}, context)).rows).toMatchObject([{ n: 25 }]);
    front.next.push(502, 504);
    expect((await world.sql('SELECT 1 AS n', {}, context)).rows).toEqual([{ n: 1 }]);
    expect(front.asked.filter(({ status }) => status !== 200).map(({ status }) => status)).toEqual([503, 429, 0, 502, 504]);
    expect(await world.listed('through trouble')).toHaveLength(1);
  });

  test('a token goes as it is, and a password by https only', async () => {
    const front = await startFlakyFront(trino.url);
    await world.sql('SELECT 1', {}, world.context({}, { url: front.url, token: 'abc' }));
    expect(new Set(front.asked.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer abc']));
    expect(Connection.safeParse(world.connection({ url: 'http://trino.example', password: 'x' })).success).toBe(false);
  });

  test('the doctor says what is there, and what is wrong', async () => {
    const tried = (more: object) => tryConnection(Connection.parse(world.connection(more)), 'trino');
    expect(await tried({ catalog: 'iceberg' })).toMatch(/^Trino 476 as headrace, catalog iceberg \(iceberg\), .*its list of queries may be read$/);
    await expect(tried({ catalog: 'nowhere' })).rejects.toMatchObject({ code: 'bad_connection' });
    await expect(tried({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'unreachable' });
  });
});
