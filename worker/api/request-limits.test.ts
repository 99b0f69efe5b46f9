import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { listen } from './client.fixture.js';
import { openSecured, type Secured } from './secured.fixture.js';
import { type Served, serve } from './served.fixture.js';

const tooMany = { status: 429, body: { code: 'too_many_requests', status: 429, type: 'urn:headrace:problem:too_many_requests', fix: expect.any(String) } };
const times = <Result>(count: number, work: () => Promise<Result>) => Promise.all(Array.from({ length: count }, work));

describe('with logins', () => {
  let here: Secured;
  beforeAll(async () => {
    here = await openSecured(inject('temporal'), undefined, { requestsPerSecond: 0.2, burst: 3 });
  });
  afterAll(() => here.close());

  test('each principal may ask so often, and the others as often as before', async () => {
    const [ann, bob] = [await here.issuer.token({ roles: ['viewer'], tenant: 'acme', sub: 'ann' }), await here.issuer.token({ roles: ['viewer'], sub: 'bob' })];
    expect((await times(3, () => here.as(ann).get('/v1/pipelines'))).map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await here.as(ann).get('/v1/pipelines');
    expect(refused).toMatchObject({ ...tooMany, body: { ...tooMany.body, detail: "'ann' asks more than 0.2 times a second." } });
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(5);
    const other = await here.issuer.token({ roles: ['viewer'], tenant: 'umbrella', sub: 'ann' });
    for (const secret of [bob, other]) expect((await here.as(secret).get('/v1/pipelines')).status).toBe(200);
  });

  test('who guesses is stopped by address, which stops neither probes nor who has a login', async () => {
    const nobody = here.as('nothing');
    expect((await times(3, () => nobody.get('/v1/pipelines'))).map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(await nobody.get('/v1/pipelines')).toMatchObject(tooMany);
    const withoutLogin = await fetch(`${here.api.url.replace('0.0.0.0', '127.0.0.1')}/openapi.json`);
    expect(withoutLogin.status).toBe(429);
    await withoutLogin.arrayBuffer();
    for (const path of ['/health', '/ready']) expect((await nobody.get(path)).status).toBe(200);
    expect((await here.as(here.adminKey).get('/v1/pipelines')).status).toBe(200);
  });
});

test('without logins, an address may ask so often, and again after a while', async () => {
  const served = await serve({ limits: { requestsPerSecond: 2, burst: 4 } });
  expect((await times(6, () => served.http.get('/v1/pipelines'))).map(({ status }) => status)).toContain(429);
  await until(
    () => served.http.get('/v1/pipelines'),
    ({ status }) => status === 200,
  );
  await served.close();
});

describe('at once', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve({ limits: { requests: 1, streamsEach: 2 } });
  });
  afterAll(() => served.close());

  const listening = async () => {
    const stream = await listen(`${served.api.url}/v1/events`);
    expect(stream.response.status).toBe(200);
    return stream;
  };

  test('a process answers so many requests, and streams are none of them', async () => {
    const stream = await listening();
    const slow = request(`${served.api.url}/v1/pipelines/shop/execute`, { method: 'POST', headers: { 'content-type': 'application/json' } });
    const answered = new Promise<number | undefined>((resolve, reject) => slow.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject));
    slow.write('{');
    const refused = await until(
      () => served.http.get('/v1/pipelines'),
      ({ status }) => status !== 200,
    );
    expect(refused).toMatchObject({ ...tooMany, body: { detail: 'Requests at once are limited to 1.' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await served.http.get('/health')).status).toBe(200);
    slow.end('}');
    expect(await answered).toBe(201);
    expect((await served.http.get('/v1/pipelines')).status).toBe(200);
    stream.stop();
  });

  test('nobody has all streams', async () => {
    const streams = [await listening(), await listening()];
    const ask = () => served.http.ask('GET', '/v1/events', undefined, { accept: 'text/event-stream' });
    expect(await ask()).toMatchObject({ status: 429, body: { code: 'too_many_streams', detail: "'local' has 2 streams already, which is all for one." } });
    streams[0]?.stop();
    const another = await until(
      () => listen(`${served.api.url}/v1/events`),
      ({ response }) => response.status === 200,
    );
    for (const stream of [...streams, another]) stream.stop();
  });
});
