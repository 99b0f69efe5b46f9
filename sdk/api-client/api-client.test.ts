import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serve } from '../../worker/api/served.fixture.js';
import { cuttableLine } from '../node/fixtures/cuttable-line.fixture.js';
import { until } from '../node/fixtures/workshop.fixture.js';
import { ApiClient, type ApiError } from './index.js';

let served: Served;
let api: ApiClient;

beforeAll(async () => {
  served = await serve();
  api = new ApiClient({ url: served.api.url });
});

afterAll(() => served.close());

const start = async (id: string, body: object) => (await api.post('/v1/pipelines/{id}/execute', { params: { path: { id } }, body })).workflowId;
const detail = (workflowId: string) => api.get('/v1/pipelines/workflows/{workflowId}', { params: { path: { workflowId } } });
const ended = (workflowId: string) =>
  until(
    () => detail(workflowId),
    ({ endedAt }) => endedAt !== undefined,
  );
const waiting = (workflowId: string) =>
  until(
    () => detail(workflowId),
    (run) => run.waiting.length > 0,
  );
const approve = (workflowId: string) =>
  api.post('/v1/pipelines/workflows/{workflowId}/approvals/{approval}', {
    params: { path: { workflowId, approval: 'release' } },
    body: { decision: 'approve', answer: { reason: 'x' } },
  });

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A server that is no Headrace API. */
async function listening(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Refusals are left out: they are the same on every route, and the client throws them. */
function withoutRefusals(description: OpenAPI3): OpenAPI3 {
  const operations = Object.values(description.paths ?? {}).flatMap((path) => Object.values(path) as { responses?: Record<string, unknown> }[]);
  for (const { responses = {} } of operations) {
    for (const status of Object.keys(responses)) if (Number(status) >= 400) delete responses[status];
  }
  return description;
}

const head = '// Generated from /openapi.json: npm test -- sdk/api-client -u writes it anew.\n';

test("the client's types are those of the API's own description", async () => {
  const { body } = await served.http.get('/openapi.json');
  await expect(head + astToString(await openapiTS(withoutRefusals(body)))).toMatchFileSnapshot('openapi.ts');
});

describe('a request', () => {
  test('is typed by its path, and answered as the API does', async () => {
    const workflowId = await start('shop', { orders: ['a'], ask: true });
    const run = await waiting(workflowId);
    expect(run.waiting[0]?.question).toBe('Send this order?');
    expect(await approve(workflowId)).toMatchObject({ decision: 'approve' });
    const { runs } = await api.get('/v1/pipelines/workflows', { params: { query: { pipeline: 'shop', limit: 1 } } });
    expect(runs.map((it) => it.workflowId)).toEqual([workflowId]);
    // @ts-expect-error a filter that the API does not have
    await expect(api.get('/v1/pipelines/workflows', { params: { query: { stat: 'FAILED' } } })).rejects.toMatchObject({ code: 'bad_request' });
  });

  test("that is refused throws the API's own code, fix and status", async () => {
    await expect(detail('nobody')).rejects.toMatchObject({ name: 'ApiError', status: 404, code: 'unknown_run', fix: expect.any(String) });
    const workflowId = await start('shop', { ask: true });
    await waiting(workflowId);
    await approve(workflowId);
    const late = api.post('/v1/pipelines/workflows/{workflowId}/approvals/{approval}', {
      params: { path: { workflowId, approval: 'release' } },
      body: { decision: 'decline' },
    });
    await expect(late).rejects.toMatchObject({ status: 409, code: 'already_decided', decided: { decision: 'approve' } });
  });

  test('that nobody answers, or another server does, says so', async () => {
    const { url, close } = await listening((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello</p>'));
    const ask = new ApiClient({ url }).get('/v1/pipelines');
    await expect(ask).rejects.toMatchObject({ code: 'unreachable', message: `What answers at ${url} is no Headrace API: 200 text/html.` });
    await close();
    await expect(new ApiClient({ url }).get('/v1/pipelines')).rejects.toMatchObject({ code: 'unreachable', message: expect.stringMatching(/ECONNREFUSED/) });
    expect(() => new ApiClient({ url: 'localhost:8092' })).toThrow(expect.objectContaining({ code: 'unreachable' }));
  });

  test('on a connection that was just closed is asked again where it only asks, and said where it does something', async () => {
    let asked = 0;
    const { url, close } = await listening((request, response) => {
      asked += 1;
      if (asked % 2 === 1) request.socket.resetAndDestroy();
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"pipelines":[]}');
    });
    const client = new ApiClient({ url });
    expect(await client.get('/v1/pipelines')).toEqual({ pipelines: [] });
    const doing = client.post('/v1/pipelines/{id}/execute', { params: { path: { id: 'any' } }, body: {} });
    await expect(doing).rejects.toMatchObject({ code: 'unreachable' });
    expect(asked).toBe(3);
    await close();
  });

  test('that takes too long ends', async () => {
    const { url, close } = await listening(() => undefined);
    const ask = new ApiClient({ url, timeout: 50 }).get('/v1/pipelines');
    await expect(ask).rejects.toMatchObject({ code: 'unreachable', message: `The API at ${url} does not answer: it took too long.` });
    await close();
  });

  test('has the login that is good now', async () => {
    const seen: (string | undefined)[] = [];
    const { url, close } = await listening(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    const tokens = ['first', 'second'];
    const client = new ApiClient({ url, token: async () => tokens.shift() });
    for (let index = 0; index < 3; index += 1) await client.get('/v1/pipelines');
    expect(seen).toEqual(['Bearer first', 'Bearer second', undefined]);
    await close();
  });
});

describe('a stream', () => {
  test('of a run has its events and its log, each once, and ends with it, also where there are none', async () => {
    const workflowId = await start('shop', { orders: ['a'] });
    const types: string[] = [];
    for await (const { data } of api.runEvents(workflowId)) types.push(data.type);
    expect(types).toEqual(['PIPELINE_STARTED', 'PIPELINE_STEP_COMPLETED', 'PIPELINE_STEP_COMPLETED', 'PIPELINE_STEP_COMPLETED', 'PIPELINE_SUCCEEDED']);
    const lines = async (id: string) => (await gather(api.runLogs(id))).map(({ data }) => data.message);
    expect(await lines(workflowId)).toEqual(['picking']);
    expect(await lines(await start('hasty', { ms: 0 }))).toEqual([]);
  });

  test('goes on by itself where the line broke, and nothing is sent twice or left out', { timeout: 90_000 }, async () => {
    const line = await cuttableLine(new URL(served.api.url).host);
    const workflowId = await start('shop', { orders: ['a', 'b'], ask: true });
    await waiting(workflowId);
    const lost: ApiError[] = [];
    const seen: { id: string; sequence: unknown }[] = [];
    const events = new ApiClient({ url: `http://${line.address}` }).runEvents(workflowId, { onLost: (error) => lost.push(error) });
    for await (const { id, data } of events) {
      seen.push({ id, sequence: data.sequence });
      if (data.type !== 'PIPELINE_WAITING_FOR_APPROVAL') continue;
      line.cut();
      await approve(workflowId);
      await ended(workflowId);
      setTimeout(line.mend, 1_000);
    }
    expect(seen.map(({ sequence }) => Number(sequence))).toEqual(seen.map((_, index) => index + 1));
    expect(seen).toHaveLength(8);
    expect(lost).toHaveLength(1);
    const rest = await gather(api.runEvents(workflowId, { lastEventId: seen[5]?.id }));
    expect(rest.map(({ id }) => id)).toEqual(seen.slice(6).map(({ id }) => id));
    line.close();
  });

  test('of all runs goes on from where it began, though the line broke before the first event', { timeout: 90_000 }, async () => {
    const line = await cuttableLine(new URL(served.api.url).host);
    const done = new AbortController();
    const events = new ApiClient({ url: `http://${line.address}` }).events({ query: { pipeline: 'rounds' }, signal: done.signal });
    const first = events.next();
    await until(
      async () => line.heard(),
      (said) => /^id: /m.test(said),
    );
    line.cut();
    const workflowId = await start('rounds', { left: 0 });
    await ended(workflowId);
    line.mend();
    expect((await first).value).toMatchObject({ data: { type: 'PIPELINE_STARTED', subject: workflowId } });
    done.abort();
    for await (const _ of events);
    line.close();
  });

  test('that is refused throws, and does not try again', async () => {
    await expect(api.runEvents('nobody').next()).rejects.toMatchObject({ status: 404, code: 'unknown_run' });
    await expect(new ApiClient({ url: 'http://127.0.0.1:9' }).events().next()).rejects.toMatchObject({ code: 'unreachable' });
  });
});
