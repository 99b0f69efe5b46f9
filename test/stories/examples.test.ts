import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { askPostgres } from '../faults/rows.js';
import { type MailSink, startMailSink } from '../servers/smtp.js';
import { openStory, type Story } from './story.js';

const postgresUrl = inject('postgresUrl');
let story: Story;
let mail: MailSink;
let landing: string;

beforeAll(async () => {
  mail = await startMailSink();
  const connection = { kind: 'smtp', host: '127.0.0.1', port: mail.port, from: 'headrace@example.org', to: ['data@example.org'] };
  landing = mkdtempSync(join(tmpdir(), 'headrace-landing-'));
  story = await openStory({
    environment: {
      HEADRACE_CONNECTION_MAIL: JSON.stringify(connection),
      HEADRACE_CONNECTION_LANDING: JSON.stringify({ kind: 'files', folder: landing }),
      ...(postgresUrl === undefined ? {} : { HEADRACE_CONNECTION_WAREHOUSE: postgresUrl }),
    },
  });
});
afterAll(async () => {
  await story?.ground.leave();
  await mail?.stop();
  rmSync(landing, { recursive: true, force: true });
});

const [day, nextDay] = ['2001-06-29', '2001-06-30'];
const decode = (raw = '') => raw.replaceAll('=\r\n', '');

describe('the daily report', () => {
  test('fails where there is no table yet, and is left out, with the reason, for a day without flights', async () => {
    const { code, status } = await story.run('daily_report', { day, to: ['ada@example.org'] });
    // Without any day the table is not there at all: that is a failure, and told as one.
    expect(code).toBe(1);
    expect(status).toMatchObject({ status: 'FAILED', error: { code: 'unknown_table' } });
    expect((await story.run('daily_flights', { day })).code).toBe(0);
    const next = await story.run('daily_report', { day: nextDay, to: ['ada@example.org'] });
    expect(next).toMatchObject({ code: 0, status: { status: 'SUCCEEDED', output: { routes: 0 } } });
    expect(next.status.activities).toContainEqual(
      expect.objectContaining({ name: 'export', status: 'SKIPPED', reason: `No flights of ${nextDay} are loaded.` }),
    );
    expect(mail.mails).toEqual([]);
  });

  test('comes by email with the worst routes', async () => {
    const { code, status } = await story.run('daily_report', { day, to: ['ada@example.org', 'bo@example.org'] });
    expect(code).toBe(0);
    expect(status).toMatchObject({ output: { routes: 20 } });
    expect(mail.mails).toMatchObject([{ from: 'headrace@example.org', to: ['ada@example.org', 'bo@example.org'] }]);
    expect(decode(mail.mails[0]?.raw)).toMatch(/Subject: Delays of 2001-06-29[\s\S]*late_flights/);
    await story.keep('daily-report', status.workflowId);
  });
});

test('the quality of several tables is checked, and one alert by email tells which fails and how', async () => {
  const before = mail.mails.length;
  const { code, status } = await story.run('table_quality', { alert: ['console', 'mail'] });
  expect(code).toBe(0);
  expect(status).toMatchObject({ output: { checked: 3, failing: ['stocks.csv'] } });
  expect(mail.mails.slice(before)).toMatchObject([{ to: ['data@example.org'] }]);
  expect(decode(mail.mails.at(-1)?.raw)).toContain('stocks.csv is not as it should be');
  await story.keep('table-quality', status.workflowId);
});

test('a step of one’s own reads what no built-in step does, and its rows go on as others do', async () => {
  const { code, status } = await story.run('strong_quakes', { magnitude: 6 });
  expect(code).toBe(0);
  expect(status.output).toEqual({ all: 1707, strong: 5, strongest: expect.stringContaining('Taiwan') });
  await story.keep('strong-quakes', status.workflowId);
  expect((await story.run('strong_quakes', { magnitude: 9 })).status.output).toEqual({ all: 1707, strong: 0, strongest: null });
});

describe.runIf(postgresUrl !== undefined)('in the warehouse', () => {
  test('the history of the airports grows by what has changed, phase by phase', async () => {
    const first = await story.run('airport_history', { day });
    expect(first).toMatchObject({ code: 0, status: { status: 'SUCCEEDED' } });
    const { airports, changed } = first.status.output as { airports: number; changed: number };
    expect(changed).toBe(airports);
    expect(first.status.activities.map(({ name, phase }) => `${phase} ${name}`)).toEqual([
      'extract extract_data',
      'extract extract_data',
      'transform sql',
      'transform sql',
      'transform sql',
      'load load_data',
      'load load_data',
      'transform-at-load load_data',
    ]);
    expect(await story.run('airport_history', { day: nextDay })).toMatchObject({ code: 0 });
    const [history] = await askPostgres(
      `SELECT count(*)::int AS versions, count(*) FILTER (WHERE is_current)::int AS current, count(DISTINCT iata)::int AS airports FROM flights.airport_history`,
    );
    expect(history).toMatchObject({ current: history?.airports });
    expect(Number(history?.versions)).toBeGreaterThan(Number(history?.current));
    const [overlapping] = await askPostgres(
      'SELECT count(*)::int AS n FROM flights.airport_history a JOIN flights.airport_history b ON a.iata = b.iata AND a.valid_from < b.valid_from AND (a.valid_to IS NULL OR a.valid_to > b.valid_from)',
    );
    expect(overlapping).toEqual({ n: 0 });
    await story.keep('airport-history', first.status.workflowId);
  });

  const table = 'flights_of_2001';
  const content = () => askPostgres(`SELECT * FROM ${table} ORDER BY date, origin, destination, delay, distance`);
  const late = [`ALTER TABLE ${table} ADD COLUMN late BOOLEAN`];
  const migration = (fill: string) => ({
    connection: 'warehouse',
    table,
    statements: [...late, fill],
    checksAfter: [
      { check: 'not_null', column: 'late' },
      { check: 'row_count', min: 2_000 },
    ],
  });

  test('a table of flights is loaded as configuration says', async () => {
    const input = {
      source: { from: { files: 'vega', path: 'flights-2k.json' }, into: 'lake' },
      checks: [{ check: 'row_count', min: 2_000 }],
      target: { mode: 'append', into: { connection: 'warehouse', table } },
    };
    const { code, status } = await story.run('data_pipeline', input);
    expect(status).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED' } });
    expect(code).toBe(0);
    await story.keep('data-pipeline', status.workflowId);
  });

  test('a migration of it that leaves holes is rolled back: the table is as it was', async () => {
    const before = await content();
    const { code, status } = await story.run('schema_migration', migration(`UPDATE ${table} SET late = TRUE WHERE delay > 15`));
    expect(status).toMatchObject({ status: 'ROLLED_BACK', output: { status: 'ROLLED_BACK', problems: [expect.stringContaining('late')] } });
    expect(code).toBe(3);
    expect(await content()).toEqual(before);
    await story.keep('schema-migration-rolled-back', status.workflowId);
  });

  test('one that fills every row passes', async () => {
    const { code, status } = await story.run('schema_migration', migration(`UPDATE ${table} SET late = delay > 15`));
    expect(status).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED' } });
    expect(code).toBe(0);
    expect((await content()).every(({ late: is, delay }) => is === Number(delay) > 15)).toBe(true);
    await story.keep('schema-migration-completed', status.workflowId);
  });
});
