import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Issuer, makeIssuer } from './issuer.fixture.js';
import { readTokens } from './tokens.js';

let issuer: Issuer;
let read: ReturnType<typeof readTokens>;

beforeAll(async () => {
  issuer = await makeIssuer();
  read = readTokens(issuer.settings);
});

afterAll(() => issuer.remove());

const refused = (reason: RegExp) => ({ code: 'unauthenticated', given: true, message: expect.stringMatching(reason) });
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  test('says who it is, with which roles, of which tenant', async () => {
    const token = await issuer.token({ roles: ['viewer', 'operator:sales_*', 'finance', 'https://not.ours/x', 7] as never });
    expect(await read(token)).toEqual({
      name: 'ada',
      tenant: 'acme',
      grants: [
        { role: 'viewer', pipelines: '*' },
        { role: 'operator', pipelines: 'sales_*' },
        { role: 'finance', pipelines: '*' },
      ],
    });
  });

  test.each([
    ['of another issuer', { iss: 'https://evil.example' }, /"iss"/],
    ['for another audience', { aud: 'billing' }, /"aud"/],
    ['that has expired', { exp: 1_000_000_000 }, /"exp"/],
    ['that is not valid yet', { nbf: 4_000_000_000 }, /"nbf"/],
    ['without an end', { exp: undefined }, /"exp"/],
    ['without an issuer', { iss: undefined }, /"iss"/],
    ['without an audience', { aud: undefined }, /"aud"/],
    ['without a name', { sub: undefined }, /'sub'/],
    ['without a tenant', { tenant: undefined }, /'tenant'/],
    ['of every tenant', { tenant: '*' }, /'tenant'/],
    ['of a tenant that is a query', { tenant: "x' OR 'a' = 'a" }, /'tenant'/],
    ['of two tenants', { tenant: ['acme', 'other'] }, /'tenant'/],
    ['with a name that steers a terminal', { sub: 'ada\u001b[2J' }, /'sub'/],
    ['with the name of a key', { sub: 'key:deploy' }, /'key:'/],
  ] as [string, JWTPayload, RegExp][])('%s is refused', async (_what, claims, reason) => {
    const { exp, iss, aud, ...rest } = { exp: Math.round(Date.now() / 1_000) + 60, iss: issuer.settings.issuer, aud: 'headrace', ...claims };
    const payload = { sub: 'ada', roles: ['admin'], tenant: 'acme', ...rest, ...(exp === undefined ? {} : { exp }) } as JWTPayload;
    const token = new SignJWT({ ...payload, ...(iss === undefined ? {} : { iss }), ...(aud === undefined ? {} : { aud }) });
    await expect(read(await token.setProtectedHeader({ alg: 'ES256', kid: issuer.kid }).sign(issuer.privateKey))).rejects.toMatchObject(refused(reason));
  });

  test('without a signature is refused, however it spells that', async () => {
    const good = await issuer.token({ roles: ['admin'] });
    const [, payload] = good.split('.');
    const none = new UnsecuredJWT({ sub: 'ada', roles: ['admin'], tenant: 'acme' })
      .setIssuer(issuer.settings.issuer)
      .setAudience('headrace')
      .setExpirationTime('1h')
      .encode();
    const forged = ['none', 'None', 'NONE', 'nOnE', ''].map((alg) => `${encode({ alg, kid: issuer.kid })}.${payload}.`);
    for (const token of [none, ...forged, `${good.split('.').slice(0, 2).join('.')}.`])
      await expect(read(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('signed with the public key as if it were a secret is refused', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(issuer.publicKey));
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const forged = new SignJWT({ sub: 'ada', roles: ['admin'], tenant: 'acme' }).setProtectedHeader({ alg, kid: issuer.kid });
      const text = await forged.setIssuer(issuer.settings.issuer).setAudience('headrace').setExpirationTime('1h').sign(secret);
      await expect(read(text)).rejects.toMatchObject(refused(/alg/));
    }
  });

  test('signed by another key, under the known id or its own, or with a key that it brings, is refused', async () => {
    const other = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(other.publicKey);
    for (const header of [
      { kid: issuer.kid },
      { kid: 'other' },
      { kid: '../../etc/passwd' },
      {},
      { jwk },
      { jku: 'https://evil.example/jwks.json', kid: 'x' },
    ]) {
      const token = new SignJWT({ sub: 'ada', roles: ['admin'], tenant: 'acme' }).setProtectedHeader({ alg: 'ES256', ...header });
      const text = await token.setIssuer(issuer.settings.issuer).setAudience('headrace').setExpirationTime('1h').sign(other.privateKey);
      await expect(read(text)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  test('that was changed after it was signed is refused', async () => {
    const [header, payload, signature] = (await issuer.token()).split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
    const changed = `${header}.${encode({ ...claims, roles: ['admin'] })}.${signature}`;
    await expect(read(changed)).rejects.toMatchObject(refused(/signature/));
    for (const text of ['', 'a', 'a.b', 'a.b.c', '..', `${header}..${signature}`, '💥.💥.💥'])
      await expect(read(text)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('of an algorithm that is not in the list is refused, though its signature is right', async () => {
    const narrow = readTokens({ ...issuer.settings, algorithms: ['EdDSA'] });
    await expect(narrow(await issuer.token())).rejects.toMatchObject(refused(/alg/));
  });

  test('has its claims where the settings say', async () => {
    const own = readTokens({ ...issuer.settings, claims: { name: 'email', roles: 'realm_access.roles', tenant: 'https://example.org/tenant' } });
    const token = await issuer.token({ email: 'ada@example.org', realm_access: { roles: 'viewer approver' }, 'https://example.org/tenant': 'sales' });
    expect(await own(token)).toMatchObject({ name: 'ada@example.org', tenant: 'sales', grants: [{ role: 'viewer' }, { role: 'approver' }] });
    const alone = readTokens({ ...issuer.settings, claims: { name: 'sub', roles: 'nothing.there' } });
    expect(await alone(token)).toEqual({ name: 'ada', tenant: 'default', grants: [] });
  });
});

describe("the issuer's keys", () => {
  test('are read anew from the file when a token names a new one', async () => {
    const rotated = await makeIssuer();
    const reading = readTokens(rotated.settings);
    await reading(await rotated.token());
    const next = await makeIssuer();
    await expect(reading(await next.token())).rejects.toMatchObject({ code: 'unauthenticated' });
    writeFileSync(rotated.settings.jwks, readFileSync(next.settings.jwks));
    expect(await reading(await next.token())).toMatchObject({ name: 'ada' });
    rotated.remove();
    next.remove();
  });

  test('that the file holds no longer are refused from then on', async () => {
    const rotated = await makeIssuer();
    const reading = readTokens(rotated.settings);
    await reading(await rotated.token());
    writeFileSync(rotated.settings.jwks, readFileSync(issuer.settings.jwks));
    await expect(reading(await rotated.token())).rejects.toMatchObject({ code: 'unauthenticated' });
    rotated.remove();
  });

  test('are tried one after another for a token that names none', async () => {
    const other = await makeIssuer();
    const keysOf = ({ settings }: Issuer) => (JSON.parse(readFileSync(settings.jwks, 'utf8')) as { keys: object[] }).keys;
    const both = await makeIssuer();
    writeFileSync(both.settings.jwks, JSON.stringify({ keys: [...keysOf(issuer), ...keysOf(other)] }));
    const reading = readTokens(both.settings);
    const nameless = ({ settings, privateKey }: Issuer, exp: string) =>
      new SignJWT({ sub: 'ada', roles: ['viewer'], tenant: 'acme', iss: settings.issuer, aud: 'headrace' })
        .setProtectedHeader({ alg: 'ES256' })
        .setExpirationTime(exp)
        .sign(privateKey);
    for (const signer of [issuer, other]) expect(await reading(await nameless(signer, '1h'))).toMatchObject({ name: 'ada' });
    await expect(reading(await nameless(other, '-1h'))).rejects.toMatchObject(refused(/"exp"/));
    await expect(reading(await nameless(both, '1h'))).rejects.toMatchObject(refused(/signature/));
    for (const it of [other, both]) it.remove();
  });

  test('that cannot be had are no fault of the token', async () => {
    const gone = await makeIssuer();
    gone.remove();
    await expect(readTokens(gone.settings)(await gone.token())).rejects.toMatchObject({ code: 'login_unavailable' });
    const away = readTokens({ ...gone.settings, jwks: 'http://127.0.0.1:1/jwks.json' });
    await expect(away(await gone.token())).rejects.toMatchObject({ code: 'login_unavailable' });
  });

  test('are read over HTTP, and an answer that is none is not taken', async () => {
    let status = 200;
    const server = createServer((_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(readFileSync(issuer.settings.jwks)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    expect(await readTokens({ ...issuer.settings, jwks })(await issuer.token())).toMatchObject({ name: 'ada' });
    status = 500;
    await expect(readTokens({ ...issuer.settings, jwks })(await issuer.token())).rejects.toMatchObject({ code: 'login_unavailable' });
    server.close();
  });

  test('that are known go on while the issuer is away, and a key that nobody knows is no fault of its outage', async () => {
    const server = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(readFileSync(issuer.settings.jwks)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const reading = readTokens({ ...issuer.settings, jwks: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json` });
    await reading(await issuer.token());
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await reading(await issuer.token())).toMatchObject({ name: 'ada' });
    const stranger = await makeIssuer();
    await expect(reading(await stranger.token())).rejects.toMatchObject({ code: 'unauthenticated' });
    stranger.remove();
  });
});

test('clocks may differ as far as the settings say, and no further', async () => {
  const now = Math.round(Date.now() / 1_000);
  const tolerant = readTokens({ ...issuer.settings, clockTolerance: 60 });
  const lasting = (from: number, to: number) =>
    new SignJWT({ sub: 'ada', roles: ['viewer'], tenant: 'acme', nbf: now + from, exp: now + to, iss: issuer.settings.issuer, aud: 'headrace' })
      .setProtectedHeader({ alg: 'ES256', kid: issuer.kid })
      .sign(issuer.privateKey);
  const [late, early] = [await lasting(-300, -30), await lasting(30, 300)];
  for (const token of [late, early]) {
    expect(await tolerant(token)).toMatchObject({ name: 'ada' });
    await expect(read(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  }
  for (const token of [await lasting(-300, -90), await lasting(90, 300)]) await expect(tolerant(token)).rejects.toMatchObject({ code: 'unauthenticated' });
});
