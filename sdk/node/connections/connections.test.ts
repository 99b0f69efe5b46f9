import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { HeadraceError } from '../../authoring/errors.js';
import { Connections } from './connections.js';
import { withoutSecrets } from './known-secrets.js';

const folder = mkdtempSync(join(tmpdir(), 'headrace-connections-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = 'hunter2-hunter2';

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const settings = (text: string) => fileOf('headrace.json', text);
const read = (connection: unknown, environment: NodeJS.ProcessEnv = {}) =>
  Connections.read(settings(JSON.stringify({ connections: { it: connection } })), environment).get('it');
const withPassword = (password: string) => ({ kind: 'postgres', url: 'postgres://host/base', password });

/** What is refused, with all that is said of it. */
function refusal(work: () => unknown): HeadraceError & { said: string } {
  try {
    work();
  } catch (error) {
    const refused = error as HeadraceError;
    return Object.assign(refused, { said: `${refused.message} ${refused.fix ?? ''} ${refused.stack ?? ''}` });
  }
  throw new Error('It was taken.');
}

describe('the file', () => {
  test.each([
    ['empty', '', 'bad_settings'],
    ['no JSON', `{ "connections": { "it": { "kind": "postgres", "password": ${secret} } } }`, 'bad_settings'],
    ['cut off in a secret', `{ "connections": { "it": { "kind": "postgres", "password": "${secret}\n" } } }`, 'bad_settings'],
    ['a list', '[]', 'bad_settings'],
    ['without an object of connections', `{ "connections": "${secret}" }`, 'bad_settings'],
  ])('that is %s is refused with its name, and without what it holds', (_, text, code) => {
    const { said, fix, ...refused } = refusal(() => Connections.read(settings(text), {}));
    expect(refused).toMatchObject({ code, where: join(folder, 'headrace.json') });
    expect(fix).toMatch(/"connections"/);
    expect(said).toContain('headrace.json');
    expect(said).not.toContain('hunter2');
  });

  test('that is no JSON is refused with the place', () => {
    expect(refusal(() => Connections.read(settings('{\n  "connections": {,\n'), {})).message).toMatch(/headrace\.json is wrong: .*\b2:19\b/);
  });

  test('that is not there is no mistake, a folder in its place is', () => {
    expect(Connections.read(join(folder, 'none.json'), {}).names()).toEqual([]);
    expect(refusal(() => Connections.read(folder, {}))).toMatchObject({ code: 'unreadable_file', where: folder });
  });

  test('that a Windows editor wrote, with its mark of the byte order, is read', () => {
    expect(Connections.read(settings('\uFEFF{ "connections": { "it": { "kind": "console" } } }'), {}).get('it')).toEqual({ kind: 'console' });
  });
});

describe('the environment', () => {
  test('goes before the file, also for a name with capitals or a hyphen', () => {
    const declared = JSON.stringify({ connections: { warehouse: { kind: 'console' }, myLake: { kind: 'console' }, 'my-mail': { kind: 'console' } } });
    const slack = JSON.stringify({ kind: 'slack', webhook: 'https://hooks.example' });
    const environment = { HEADRACE_CONNECTION_WAREHOUSE: 'postgres://host/base', HEADRACE_CONNECTION_MYLAKE: slack, HEADRACE_CONNECTION_MY_MAIL: slack };
    const connections = Connections.read(settings(declared), environment);
    expect(connections.names()).toEqual(['my-mail', 'myLake', 'warehouse']);
    expect(connections.names().map((name) => connections.get(name).kind)).toEqual(['slack', 'slack', 'postgres']);
  });

  test.each(['', `{kind: ${secret}}`, secret])('that cannot be read is refused by the name of the variable alone: %s', (value) => {
    const refused = refusal(() => Connections.read(join(folder, 'none.json'), { HEADRACE_CONNECTION_LAKE: value }));
    expect(refused).toMatchObject({ code: 'bad_connection', where: 'HEADRACE_CONNECTION_LAKE' });
    expect(refused.said).not.toContain('hunter2');
  });
});

describe('a secret by reference', () => {
  test.each([
    ['as an editor ends it', `${secret}\n`],
    ['as Windows ends it', `${secret}\r\n`],
    ['with a mark of the byte order', `\uFEFF${secret}\r\n`],
  ])('is read from a file %s, and from a variable alike', (_, text) => {
    expect(read(withPassword(`file:${fileOf('secret', text)}`))).toMatchObject({ password: secret });
    expect(read(withPassword('env:PASSWORD'), { PASSWORD: text })).toMatchObject({ password: secret });
    expect(withoutSecrets(`it said ${secret}`)).toBe('it said ***');
  });

  test.each([
    ['a variable that is not set', 'env:NOWHERE', /variable NOWHERE, which is not set/],
    ['an empty variable', 'env:EMPTY', /variable EMPTY, which is empty/],
    ['a variable without a name', 'env:', /'env:' names no variable/],
    ['a file that is not there', `file:${join(folder, 'none')}`, /file .*none: ENOENT/],
    ['a file by a relative path', 'file:none', new RegExp(`file ${process.cwd()}/none: ENOENT`)],
    ['a folder', `file:${folder}`, /EISDIR/],
    ['a file without a path', 'file:', /'file:' names no file/],
    ['an empty file', `file:${fileOf('empty', '\n')}`, /empty, which is empty/],
  ])('is refused where it is of %s', (_, reference, said) => {
    const refused = refusal(() => read(withPassword(reference), { EMPTY: '' }));
    expect(refused).toMatchObject({ code: 'missing_secret', where: "connection 'it'", fix: expect.stringMatching(/./) });
    expect(refused.message).toMatch(said);
  });

  test.skipIf(process.getuid?.() === 0)('is refused where its file may not be read', () => {
    const file = fileOf('locked', secret);
    chmodSync(file, 0);
    expect(refusal(() => read(withPassword(`file:${file}`))).message).toMatch(/EACCES/);
  });

  test('may be of a number or of a yes and no', () => {
    const declared = { kind: 'smtp', host: 'mail', from: 'a@example.com', port: 'env:PORT', secure: 'env:SECURE' };
    expect(read(declared, { PORT: '2525', SECURE: 'true\n' })).toMatchObject({ port: 2525, secure: true });
    expect(read(declared, { PORT: '2525', SECURE: 'false' })).toMatchObject({ secure: false });
    expect(refusal(() => read(declared, { PORT: '2525', SECURE: 'yes' })).message).toMatch(/expected boolean[\s\S]*secure/);
  });

  test('is not looked up before its connection is asked for', () => {
    const text = JSON.stringify({ connections: { it: { kind: 'console' }, other: withPassword('env:NOWHERE') } });
    expect(Connections.read(settings(text), {}).get('it')).toEqual({ kind: 'console' });
  });
});

describe('a connection', () => {
  test.each([
    ['of an unknown kind', { kind: 'mysql', password: secret }, /'duckdb' \| 'postgres'.*kind/s],
    ['without a kind', { url: secret }, /kind/],
    ['that is a text', `postgres://user:${secret}@host/base`, /expected object, received string/],
    ['that is nothing', null, /expected object, received null/],
    ['with a misspelt setting', { ...withPassword(secret), pasword: secret }, /Unrecognized key: "pasword"/],
    ['with a number that is none', { ...withPassword(secret), pool: secret }, /number.*pool/s],
    ['with an address that is none, by reference', { kind: 'http', url: 'env:URL' }, /Invalid URL.*url/s],
    ['of Trino without a scheme', { kind: 'trino', url: 'trino:8080x/', user: 'u', catalog: 'c', password: secret }, /connection 'it' is wrong/],
    ['of Trino by its host alone', { kind: 'trino', url: 'trino.local', user: 'u', catalog: 'c', password: secret }, /Invalid URL.*url/s],
    ['of Trino that would send its password in plain', { kind: 'trino', url: 'http://trino', user: 'u', catalog: 'c', password: secret }, /https only/],
  ])('%s is refused with what is wrong, and without its secrets', (_, connection, said) => {
    const refused = refusal(() => read(connection, { URL: secret }));
    expect(refused).toMatchObject({ code: 'bad_connection', where: 'it', fix: expect.stringMatching(/doctor/) });
    expect(refused.message).toMatch(said);
    expect(refused.said).not.toContain('hunter2');
  });

  test('that is not declared, or of another kind than a step needs, is refused with what there is', () => {
    mkdirSync(join(folder, 'lake'), { recursive: true });
    const connections = Connections.of({ lake: { kind: 'duckdb', folder: 'lake' } }, folder);
    expect(connections.get('lake', 'duckdb')).toMatchObject({ folder: join(folder, 'lake'), threads: 2 });
    expect(refusal(() => connections.get('lakes'))).toMatchObject({ code: 'missing_connection', message: expect.stringMatching(/'lakes'.*lake\./) });
    expect(refusal(() => connections.get('lake', 'postgres'))).toMatchObject({
      code: 'bad_connection',
      message: expect.stringMatching(/kind duckdb.*postgres/),
    });
  });
});

test('a secret from a file is read whenever it is asked for, and what it last had is good while it cannot be read', () => {
  const [token, header] = [join(folder, 'token'), join(folder, 'header')];
  writeFileSync(token, 'one');
  writeFileSync(header, 'Bearer one');
  const it = Connections.of({
    spark: { kind: 'spark', rest: 'http://spark:6066', ui: 'http://spark:8080', token: `file:${token}` },
    flink: { kind: 'flink', rest: 'http://flink:8081', headers: { authorization: `file:${header}`, accept: 'all' } },
  });
  const [spark, flink] = [it.get('spark', 'spark'), it.get('flink', 'flink')];
  const told = () => [spark.token, { ...spark }.token, JSON.parse(JSON.stringify(flink)).headers];
  expect(told()).toEqual(['one', 'one', { authorization: 'Bearer one', accept: 'all' }]);
  writeFileSync(token, 'two\n');
  writeFileSync(header, 'Bearer two');
  const second = ['two', 'two', { authorization: 'Bearer two', accept: 'all' }];
  expect(told()).toEqual(second);
  writeFileSync(token, '');
  rmSync(header);
  expect(told()).toEqual(second);
});
