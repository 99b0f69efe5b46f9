import type { LookupAddress } from 'node:dns';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { HeadraceError, PermissionDeniedError, RetryLater, ValidationError } from '../../sdk/index.js';
import { type GuardedRequest, guardedFetch } from './guarded-fetch.js';
import { publicLookup } from './public-lookup.js';
import { serve } from './server.fixture.js';

function request(url: string, changes: Partial<GuardedRequest> = {}): GuardedRequest {
  return { url: new URL(url), privateAddresses: true, name: 'GET orders', signal: new AbortController().signal, ...changes };
}

test('an answer of 2xx is read whole', async () => {
  const { url, received } = await serve((_, response) => response.writeHead(201).end('done'));
  const answer = await guardedFetch(request(url, { method: 'POST', body: 'café' }));
  expect(answer).toMatchObject({ status: 201, text: 'done' });
  expect(received).toMatchObject([{ method: 'POST', body: 'café', headers: { 'content-length': '5' } }]);
});

test.each([
  'http://example.com/',
  'https://127.0.0.1/',
  'https://[::1]/',
  'https://169.254.169.254/latest/meta-data',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://[::ffff:127.0.0.1]/',
  'https://10.1.2.3/',
  'https://0/',
  'https://localhost/',
  'https://１２７.0.0.1/',
  'file:///etc/passwd',
])('%s is refused where private addresses are not allowed', async (url) => {
  await expect(guardedFetch(request(url, { privateAddresses: false }))).rejects.toThrow(PermissionDeniedError);
});

test('a server on loopback gets nothing from a connection without private addresses', async () => {
  const { url, received } = await serve((_, response) => response.end());
  await expect(guardedFetch(request(url.replace('http:', 'https:').replace('127.0.0.1', 'localhost'), { privateAddresses: false }))).rejects.toThrow(
    'not a public address',
  );
  expect(received).toEqual([]);
});

test('a name that changes its address after the check is refused or pinned, never followed', async () => {
  const answers: LookupAddress[][] = [[{ address: '8.8.8.8', family: 4 }], [{ address: '127.0.0.1', family: 4 }]];
  const lookup = publicLookup((_, done) => done(null, answers.shift() ?? []));
  const ask = () => new Promise((resolve) => lookup('rebind.example', { all: true }, (error, found) => resolve(error ?? found)));
  expect(await ask()).toEqual([{ address: '8.8.8.8', family: 4 }]);
  expect(await ask()).toBeInstanceOf(PermissionDeniedError);
});

test('one closed address among several refuses the name, which is asked for once', async () => {
  let asked = 0;
  const lookup = publicLookup((_, done) => {
    asked += 1;
    done(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '8.8.8.8', family: 4 },
    ]);
  });
  const error = await new Promise((resolve) => connect({ host: 'mixed.example', port: 9, lookup }).on('error', resolve));
  expect(error).toBeInstanceOf(PermissionDeniedError);
  expect(asked).toBe(1);
});

test('a redirect is not followed', async () => {
  const { url, received } = await serve((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  await expect(guardedFetch(request(url))).rejects.toThrow(ValidationError);
  expect(received).toHaveLength(1);
});

test.each([
  [400, ValidationError],
  [404, ValidationError],
  [422, ValidationError],
  [410, ValidationError],
  [401, PermissionDeniedError],
  [403, PermissionDeniedError],
])('status %i is never retried', async (status, kind) => {
  const { url } = await serve((_, response) => response.writeHead(status).end('because'));
  await expect(guardedFetch(request(url))).rejects.toThrow(kind);
  await expect(guardedFetch(request(url))).rejects.toThrow(`GET orders was answered ${status}: because`);
});

test.each([408, 429, 500, 502, 503])('status %i is retried by the preset', async (status) => {
  const { url } = await serve((_, response) => response.writeHead(status).end());
  const error = await guardedFetch(request(url)).catch((thrown: unknown) => thrown);
  expect((error as HeadraceError).constructor).toBe(HeadraceError);
});

test.each([429, 503])('status %i with Retry-After waits as long as it says, an hour at most', async (status) => {
  const { url } = await serve((received, response) => response.writeHead(status, { 'retry-after': received.url === '/long' ? '86400' : '7' }).end());
  expect(await guardedFetch(request(url)).catch((error: unknown) => error)).toMatchObject({ constructor: RetryLater, after: 7_000 });
  expect(await guardedFetch(request(`${url}/long`)).catch((error: unknown) => error)).toMatchObject({ after: 3_600_000 });
});

test('a Retry-After date is a wait from now', async () => {
  const { url } = await serve((_, response) => response.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end());
  const error = (await guardedFetch(request(url)).catch((thrown: unknown) => thrown)) as RetryLater;
  expect(error.after).toBeGreaterThan(55_000);
  expect(error.after).toBeLessThanOrEqual(60_000);
});

test('an answer longer than the cap is refused before it is read whole', async () => {
  const { url } = await serve((_, response) => {
    const more = () => !response.destroyed && response.write('x'.repeat(10_000), more);
    more();
  });
  await expect(guardedFetch(request(url, { maxBytes: 50_000 }))).rejects.toThrow('more than 50000 bytes');
});

test('a server that never ends its answer runs into the time cap', async () => {
  const { url } = await serve((_, response) => response.write('a'));
  await expect(guardedFetch(request(url, { timeout: 200 }))).rejects.toMatchObject({ code: 'unreachable' });
});

test('an aborted signal ends the request with its reason', async () => {
  const stop = new AbortController();
  const { url } = await serve(() => stop.abort(new Error('cancelled')));
  await expect(guardedFetch(request(url, { signal: stop.signal }))).rejects.toThrow('cancelled');
  await expect(guardedFetch(request(url, { signal: stop.signal }))).rejects.toThrow('cancelled');
});

test('a connection that breaks is retried by the preset', async () => {
  const { url } = await serve((_, response) => response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy()));
  await expect(guardedFetch(request(url))).rejects.toMatchObject({ code: 'unreachable', name: 'HeadraceError' });
  await expect(guardedFetch(request('http://127.0.0.1:1/'))).rejects.toMatchObject({ code: 'unreachable' });
});

test('a secret that the server repeats is not in the error', async () => {
  const { url } = await serve((received, response) => response.writeHead(400).end(`bad ${received.headers.authorization}`));
  const error = await guardedFetch(request(url, { headers: { authorization: 'Bearer topsecret' }, secrets: ['topsecret'] })).catch((thrown: unknown) => thrown);
  expect(String(error)).not.toContain('topsecret');
});
