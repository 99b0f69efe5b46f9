import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, test } from 'vitest';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { Connection } from '../../sdk/node/connections/kinds.js';
import { tryConnection } from './try-connection.js';

const base = mkdtempSync(join(tmpdir(), 'headrace-doctor-'));
const place = (name: string) => join(base, name);
mkdirSync(place('there'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const attempt = (connection: object) => tryConnection(Connection.parse(connection), 'it');

/** A port on which nobody listens. */
async function silentPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test.each([
  ['files', { kind: 'files', folder: place('there') }, /there can be read and written$/],
  ['a lake', { kind: 'duckdb', folder: place('there') }, /there can be read and written$/],
  ['a lake into which nothing was loaded', { kind: 'duckdb', folder: place('new/lake') }, /new\/lake is not there yet, and is made by the first load/],
  [
    'a database file that nothing has written',
    { kind: 'duckdb', file: place('there/new.duckdb') },
    /new\.duckdb is not there yet, and is made by the first step/,
  ],
])('%s can be used', async (_, connection, said) => {
  expect(await attempt(connection)).toMatch(said);
  for (const name of ['new', 'there/new.duckdb']) expect(existsSync(place(name))).toBe(false);
});

test('a database file is made by DuckDB, and its folder is not', async () => {
  const file = place('nowhere/new.duckdb');
  await expect(attempt({ kind: 'duckdb', file })).rejects.toMatchObject({
    code: 'unreadable_file',
    where: place('nowhere'),
    fix: expect.stringContaining('`file`'),
  });
  await expect(DuckDBInstance.create(file)).rejects.toThrow(/[Cc]annot open file/);
});

test('files that are not there are not made, and refused with what makes them', async () => {
  await expect(attempt({ kind: 'files', folder: place('tpyo') })).rejects.toMatchObject({
    code: 'unreadable_file',
    message: `${place('tpyo')} is not there`,
    fix: expect.stringMatching(/`folder`.*first export/),
  });
  expect(existsSync(place('tpyo'))).toBe(false);
});

const mayAll = process.getuid?.() === 0;
if (mayAll) console.log('left out: folders without rights, because root has all of them');

test.skipIf(mayAll)('files that can only be read are enough, and a lake must be written', async () => {
  mkdirSync(place('source'));
  chmodSync(place('source'), 0o555);
  expect(await attempt({ kind: 'files', folder: place('source') })).toBe(`${place('source')} can be read`);
  for (const folder of ['source', 'source/lake'])
    await expect(attempt({ kind: 'duckdb', folder: place(folder) })).rejects.toMatchObject({ code: 'unreadable_file' });
  chmodSync(place('source'), 0o000);
  await expect(attempt({ kind: 'files', folder: place('source') })).rejects.toMatchObject({ message: `${place('source')} cannot be read` });
});

test.each([
  ['smtp', (port: number) => ({ kind: 'smtp', host: '127.0.0.1', port, from: 'a@example.com' })],
  ['http', (port: number) => ({ kind: 'http', url: `http://127.0.0.1:${port}` })],
])('%s that nobody answers is unreachable', async (_, connection) => {
  await expect(attempt(connection(await silentPort()))).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
});

/** A connection of each kind of engine at this address. */
const engines = (port: number) => {
  const url = `http://127.0.0.1:${port}`;
  return [
    { kind: 'postgres', url: `postgres://somebody:not-to-be-told@127.0.0.1:${port}/sales` },
    { kind: 'trino', url, user: 'somebody', catalog: 'sales' },
    { kind: 'flink', rest: url },
    { kind: 'spark', rest: url, ui: url },
    { kind: 'airflow', url, user: 'somebody', password: 'not-to-be-told' },
    { kind: 'kafka', brokers: [`127.0.0.1:${port}`] },
    { kind: 'kubernetes', server: url.replace('http:', 'https:'), token: 'not-to-be-told' },
  ];
};

/** A server of another kind than any of them. */
async function startOther(status: number, body: string): Promise<number> {
  const server = http.createServer((_, answer) => void answer.writeHead(status).end(body));
  afterAll(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

const silent = await silentPort();
const others = [await startOther(200, '<html>welcome</html>'), await startOther(200, '{}'), await startOther(404, 'not found')];

test.each(engines(silent))('$kind that nobody answers is told with cause and fix', { timeout: 60_000 }, async (connection) => {
  const refused = { name: 'HeadraceError', code: 'unreachable', fix: expect.stringContaining('address') };
  await expect(attempt(connection)).rejects.toMatchObject(refused);
});

/** A server that answers as an older one of its system would. */
async function startOld(answers: Record<string, unknown>): Promise<string> {
  const server = http.createServer(({ url = '' }, answer) => {
    const found = answers[url.split('?')[0] ?? ''];
    answer.writeHead(found === undefined ? 404 : 200).end(found === undefined ? '{}' : JSON.stringify(found));
  });
  afterAll(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('versions that the steps were never run on are told with those that they were', async () => {
  const flink = await startOld({ '/overview': { 'flink-version': '1.17.2', taskmanagers: 1, 'slots-total': 4, 'slots-available': 4 }, '/config': {} });
  expect(await attempt({ kind: 'flink', rest: flink })).toMatch(/^Flink 1\.17\.2 \(older than those that Headrace is run on, 2\.2\.1: .*\), 4 of 4 slots/);
  const none = { action: 'ErrorResponse', serverSparkVersion: '2.4.8' };
  const state = { status: 'ALIVE', workers: [{ id: 'w', state: 'ALIVE', webuiaddress: flink }], activedrivers: [], completeddrivers: [] };
  const spark = await startOld({ '/v1/submissions/status/none': none, '/json/': state });
  expect(await attempt({ kind: 'spark', rest: spark, ui: spark })).toMatch(/^Spark 2\.4\.8 \(older than those .* 4\.0\.5: .*\), 1 worker$/);
  const { version, ...had } = { version: { version: '2.1.0' }, health: { scheduler: { status: 'healthy' } }, list: { total_entries: 3 } };
  const airflow = await startOld({
    '/api/v1/version': version,
    '/api/v1/health': had.health,
    '/api/v1/dags': had.list,
    '/api/v1/importErrors': { total_entries: 0 },
  });
  const login = { kind: 'airflow', user: 'somebody', password: 'not-to-be-told' };
  expect(await attempt({ ...login, url: airflow })).toMatch(/^Airflow 2\.1\.0 \(older than those .* 2\.11\.2 and 3\.3\.2: .*\) \(API v1\), scheduler runs/);
  const first = await startOld({ '/api/experimental/info': {} });
  await expect(attempt({ ...login, url: first })).rejects.toMatchObject({ code: 'bad_connection', fix: expect.stringContaining('Airflow 1 has no such API') });
});

test.each(others.flatMap(engines))('$kind in whose place another server answers is told with cause and fix', { timeout: 60_000 }, async (connection) => {
  const error: unknown = await attempt(connection).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(HeadraceError);
  const { code, message, fix } = error as HeadraceError;
  expect(code).toMatch(/^(bad_connection|unreachable|validation_failed|unexpected_answer)$/);
  expect(fix).toMatch(/address|url|rest|connection/i);
  expect(message).not.toMatch(/undefined|not-to-be-told/);
});
