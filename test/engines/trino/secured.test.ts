import { generateKeyPairSync, pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Connection } from '../../../sdk/node/index.js';
import { freePort } from '../../../worker/dev/port.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { makeAuthority } from '../../servers/certificates.js';
import { doctorSays } from '../doctor.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { slow, World } from './world.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 180_000 });

const authority = makeAuthority();
const stranger = makeAuthority('somebody else');
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const folder = mkdtempSync(join(tmpdir(), 'headrace-secured-'));
let trino: TrinoServer;
let world: World;
let url: string;

beforeAll(async () => {
  const port = await freePort();
  const { cert, key } = authority.issue('trino');
  writeFileSync(join(folder, 'server.pem'), cert + key);
  writeFileSync(join(folder, 'tokens.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
  writeFileSync(join(folder, 'passwords'), `headrace:${hashed('right: "ü"')}\n`);
  writeFileSync(join(folder, 'authenticator.properties'), `password-authenticator.name=file\nfile.password-file=${join(folder, 'passwords')}\n`);
  url = `https://127.0.0.1:${port}`;
  trino = await startTrino(
    {},
    {
      'http-server.https.enabled': 'true',
      'http-server.https.port': port,
      'http-server.https.keystore.path': join(folder, 'server.pem'),
      'http-server.authentication.type': 'PASSWORD,JWT',
      'password-authenticator.config-files': join(folder, 'authenticator.properties'),
      'http-server.authentication.jwt.key-file': join(folder, 'tokens.pem'),
      // Its own witness comes by plain HTTP, without a login.
      'http-server.authentication.allow-insecure-over-http': 'true',
      'internal-communication.shared-secret': randomBytes(32).toString('base64'),
    },
  );
  world = new World(trino, { url, ca: authority.cert });
});
afterAll(async () => {
  await trino?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A password as Trino's file of passwords has it. */
function hashed(password: string): string {
  const salt = randomBytes(16);
  return `1000:${salt.toString('hex')}:${pbkdf2Sync(password, salt, 1_000, 32, 'sha1').toString('hex')}`;
}

const token = (user: string, changes: { expires?: string; key?: typeof privateKey } = {}) =>
  new SignJWT({ sub: user })
    .setProtectedHeader({ alg: 'RS256' })
    .setExpirationTime(changes.expires ?? '10 minutes')
    .sign(changes.key ?? privateKey);
const ask = async (more: object, statement = 'SELECT current_user AS name') => (await world.sql(statement, {}, world.context({}, more))).rows;

test('a token lets the user in whom it names, over TLS with an authority of our own', async () => {
  expect(await ask({ token: await token('headrace') })).toEqual([{ name: 'headrace' }]);
  expect(await ask({ token: await token('headrace') }, 'SELECT count(*) AS n FROM tpch.tiny.orders')).toEqual([{ n: 15_000 }]);
  const kept = await world.sql('SELECT 1 AS n', { into: 'kept' }, world.context({}, { token: await token('headrace') }));
  expect(kept).toMatchObject({ rowCount: 1, table: { connection: 'trino' } });
});

test('a password lets its user in', async () => {
  expect(await ask({ password: 'right: "ü"' })).toEqual([{ name: 'headrace' }]);
  const kept = await world.sql('SELECT 1 AS n', { on: 'iceberg', into: 'kept' }, world.context({}, { password: 'right: "ü"' }));
  expect(kept).toMatchObject({ rowCount: 1, engine: { id: expect.stringMatching(/^headrace-/) } });
});

// Pages of rows are given without a login to who knows their address, the state of a statement is not.
test('a token that is rotated while a statement is followed counts at once', async () => {
  const path = join(folder, 'token');
  const first = await token('headrace', { expires: '6 seconds' });
  writeFileSync(path, first);
  const stop = new AbortController();
  const context = world.context({ signal: stop.signal }, { token: `file:${path}` });
  const ended = world.sql(slow, { on: 'iceberg', into: 'kept', parameters: { like: '%no such words%' } }, context);
  ended.catch(() => undefined);
  await expect.poll(() => context.heartbeats.length, { timeout: 60_000 }).toBeGreaterThan(0);
  writeFileSync(path, await token('headrace'));
  await expect
    .poll(() => ask({ token: first }).then(String, ({ code }: { code: string }) => code), { timeout: 60_000, interval: 1_000 })
    .toBe('permission_denied');
  const before = context.heartbeats.length;
  await Promise.race([ended, expect.poll(() => context.heartbeats.length, { timeout: 60_000 }).toBeGreaterThan(before)]);
  stop.abort(new Error('cancelled'));
  await expect(ended).rejects.toThrow('cancelled');
  await expect.poll(() => world.listed('no such words'), { timeout: 30_000 }).not.toContainEqual(expect.objectContaining({ state: 'RUNNING' }));
});

test('the doctor comes in with it too', async () => {
  const connection = Connection.parse(world.connection({ token: await token('headrace') }));
  expect(await tryConnection(connection, 'trino')).toMatch(/^Trino 476 as headrace/);
});

test('the doctor command prints what is wrong with a connection, and what to do', async () => {
  const login = { password: 'right: "ü"' };
  const told = await doctorSays({
    locked: world.connection({ password: 'wrong' }),
    untrusted: world.connection({ ...login, ca: stranger.cert }),
    lost: world.connection({ ...login, catalog: 'nowhere' }),
  });
  expect(told).toEqual({
    locked: expect.stringMatching(/^✗ .*401.*\n fix: Give the user and password/),
    untrusted: expect.stringMatching(/^✗ .*certificate is not trusted.*\n fix: .*`ca`/),
    lost: expect.stringMatching(/^✗ .*no catalog 'nowhere'.*\n fix: /),
  });
});

test.each([
  ['a wrong password', async () => ({ password: 'wrong' })],
  ['no login', async () => ({})],
  ['a token that is over', async () => ({ token: await token('headrace', { expires: '10 minutes ago' }) })],
  [
    'a token that another has signed',
    async () => ({ token: await token('headrace', { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }) }),
  ],
])('%s is refused once, with what to do', async (_, more) => {
  await expect(ask(await more())).rejects.toMatchObject({
    name: 'PermissionDeniedError',
    code: 'permission_denied',
    message: expect.stringContaining('401'),
    fix: expect.stringContaining('password'),
  });
});

test("another's token does not speak for the user", async () => {
  await expect(ask({ token: await token('somebody') })).rejects.toMatchObject({
    name: 'PermissionDeniedError',
    message: expect.stringMatching(/somebody cannot (impersonate|become|set).*headrace/i),
  });
});

test.each([
  ['that nobody is named for', undefined],
  ['of another authority', stranger.cert],
])('a certificate %s is refused at once, and the fix names `ca`', async (_, ca) => {
  const began = Date.now();
  await expect(ask({ ca, token: await token('headrace') })).rejects.toMatchObject({
    name: 'ValidationError',
    code: 'bad_connection',
    message: expect.stringContaining('certificate is not trusted'),
    fix: expect.stringContaining('`ca`'),
  });
  expect(Date.now() - began).toBeLessThan(10_000);
});
