import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { makeLog } from '../logging/log.js';
import { asker } from './client.fixture.js';
import { startApi } from './index.js';
import { type Served, serve } from './served.fixture.js';

let served: Served;
let api: Served['api'];
let http: Served['http'];
let workshop: Served['workshop'];
const logged: Record<string, unknown>[] = [];
const log = makeLog({ level: 'info', format: 'json', write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) });

beforeAll(async () => {
  served = await serve({ log });
  ({ api, http, workshop } = served);
});

afterAll(() => served.close());

const problem = (status: number, code: string) => ({
  status,
  body: { type: `urn:headrace:problem:${code}`, title: expect.any(String), status, detail: expect.any(String), code, fix: expect.any(String) },
});

async function startWaiting(input: object = {}): Promise<string> {
  const { body } = await http.post('/v1/pipelines/shop/execute', { ask: true, ...input });
  await until(
    () => http.status(body.workflowId),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
  return body.workflowId;
}

const historyLength = async (workflowId: string) => (await workshop.temporal.workflow.getHandle(workflowId).describe()).historyLength;
const ended = (workflowId: string) =>
  until(
    () => http.status(workflowId),
    ({ endedAt }) => endedAt !== undefined,
  );

describe('execute', () => {
  test('starts a run whose status can be read at once', async () => {
    const { status, body } = await http.post('/v1/pipelines/shop/execute', { orders: ['a'] });
    expect(status).toBe(201);
    expect(body).toEqual({
      workflowId: expect.stringMatching(/^pipeline-shop-\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}$/),
      runId: expect.any(String),
      status: 'STARTED',
    });
    expect(await ended(body.workflowId)).toMatchObject({ workflowId: body.workflowId, runId: body.runId, status: 'SUCCEEDED', progress: 1 });
  });

  test('takes no body as an empty object', async () => {
    expect((await http.post('/v1/pipelines/shop/execute')).status).toBe(201);
  });

  test('refuses wrong input and an unknown pipeline with what is right', async () => {
    expect(await http.post('/v1/pipelines/shop/execute', { orders: 'a' })).toMatchObject({
      ...problem(422, 'wrong_input'),
      body: { detail: expect.stringMatching(/orders/) },
    });
    const tenMillion = { start: '1900-01-01', end: '3040-01-01', size: 'hour', pipeline: 'shop' };
    expect(await http.post('/v1/pipelines/data_backfill/execute', tenMillion)).toMatchObject({
      ...problem(422, 'wrong_input'),
      body: { detail: expect.stringMatching(/1,000,000 are allowed/) },
    });
    expect(await http.post('/v1/pipelines/shoop/execute', {})).toMatchObject({
      ...problem(404, 'unknown_pipeline'),
      body: { detail: expect.stringMatching(/shop/) },
    });
  });

  test('starts one run for a key, twenty times at once, whatever the order of its fields', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const bodies = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? { orders: ['a'], ms: 1 } : { ms: 1, orders: ['a'] }));
    const answers = await Promise.all(bodies.map((body) => http.post('/v1/pipelines/shop/execute', body, key)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.workflowId} ${body.runId}`)).size).toBe(1);
    await ended(answers[0]?.body.workflowId);
    expect((await http.post('/v1/pipelines/shop/execute', bodies[0], key)).body).toEqual(answers[0]?.body);
    expect(await http.post('/v1/pipelines/shop/execute', { orders: ['b'] }, key)).toMatchObject(problem(409, 'idempotency_conflict'));
  });

  test('of twenty bodies at once under one key one counts, and the others are refused', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => http.post('/v1/pipelines/shop/execute', { orders: [`${index}`] }, key)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
  });
});

describe('decisions', () => {
  test('an approval is listed, of the run and of all, and its decision lets the run go on', async () => {
    const workflowId = await startWaiting();
    const { body } = await http.get(`${http.run(workflowId)}/approvals`);
    expect(body).toMatchObject({ pending: [{ name: 'release', id: 'release#1', schema: { required: ['reason'] } }], decided: [] });
    const all = await until(
      () => http.get('/v1/approvals'),
      (it) => it.body.approvals.some((one: { workflowId: string }) => one.workflowId === workflowId),
    );
    expect(all.body.approvals.find((one: { workflowId: string }) => one.workflowId === workflowId)).toMatchObject({
      pipeline: 'shop',
      name: 'release',
      schema: { required: ['reason'] },
    });
    const decided = await http.post(`${http.run(workflowId)}/approvals/release`, {
      decision: 'approve',
      answer: { reason: 'paid' },
      comment: 'fine',
      decisionId: 'x',
    });
    expect(decided).toMatchObject({
      status: 200,
      body: { wait: 'release#1', approval: 'release', decision: 'approve', comment: 'fine', answer: { reason: 'paid' } },
    });
    expect(await ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', approvals: [{ decision: 'approve' }] });
  });

  test('a wrong form, a wrong name and a wrong body are refused and leave no event', async () => {
    const workflowId = await startWaiting();
    const before = await historyLength(workflowId);
    const post = (approval: string, body: unknown) => http.post(`${http.run(workflowId)}/approvals/${encodeURIComponent(approval)}`, body);
    expect(await post('release', { decision: 'approve', answer: { reason: '' } })).toMatchObject({
      ...problem(422, 'wrong_answer'),
      body: { detail: expect.stringMatching(/reason/) },
    });
    expect(await post('release', { decision: 'approve' })).toMatchObject(problem(422, 'wrong_answer'));
    expect(await post('release', { decision: 'perhaps' })).toMatchObject(problem(422, 'wrong_input'));
    expect(await post('release', { decision: 'approve', answr: {} })).toMatchObject(problem(422, 'wrong_input'));
    expect(await post('nothing', { decision: 'approve' })).toMatchObject(problem(404, 'unknown_approval'));
    expect(await post('confirm', { decision: 'approve' })).toMatchObject(problem(409, 'not_waiting'));
    expect(await post('release#7', { decision: 'approve', answer: { reason: 'x' } }).then(({ status }) => status)).toBe(404);
    expect(await post('release', { decision: 'approve', answer: { reason: 'x'.repeat(150_000) } })).toMatchObject(problem(413, 'payload_too_large'));
    expect(await historyLength(workflowId)).toBe(before);
    await http.post(`${http.run(workflowId)}/cancel`);
  });

  test.each([600, 50_000])('input and answers that are nested %d levels deep are refused', async (depth) => {
    const deep = '['.repeat(depth) + ']'.repeat(depth);
    const nested = (code: string) => ({ ...problem(422, code), body: { code, detail: expect.stringMatching(/nested/) } });
    for (const field of ['x', 'orders']) expect(await http.post('/v1/pipelines/shop/execute', `{"${field}":${deep}}`)).toMatchObject(nested('wrong_input'));
    const run = http.run(await startWaiting());
    expect(await http.post(`${run}/approvals/release`, `{"decision":"approve","answer":{"reason":"x","y":${deep}}}`)).toMatchObject(nested('wrong_answer'));
    expect(await http.post(`${run}/signal`, `{"name":"approve","data":{"answer":${deep}}}`)).toMatchObject(nested('wrong_answer'));
    expect((await http.post(`${run}/signal`, `{"name":"cancel","data":${deep}}`)).status).toBeLessThan(500);
    await http.post(`${run}/cancel`);
  });

  test('the same decision ten times, also after the end, is answered alike', async () => {
    const workflowId = await startWaiting();
    const decision = { decision: 'approve', answer: { reason: 'paid' }, decisionId: 'same' };
    const decide = () => http.post(`${http.run(workflowId)}/approvals/release`, decision);
    const answers = await Promise.all(Array.from({ length: 5 }, decide));
    await ended(workflowId);
    for (let index = 0; index < 5; index += 1) answers.push(await decide());
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body.decision, body.at, body.decisionId]))).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
  });

  test('of fifty at once on a run that ends with the first, one counts and the others learn what was decided', async () => {
    const workflowId = await startWaiting();
    const decisions = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0 ? { decision: 'decline', comment: `no ${index}` } : { decision: 'approve', answer: { reason: `yes ${index}` } },
    );
    const answers = await Promise.all(decisions.map((decision) => http.post(`${http.run(workflowId)}/approvals/release`, decision)));
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status === 409);
    expect([won.length, lost.length]).toEqual([1, 49]);
    expect(new Set(lost.map(({ body }) => `${body.code} ${body.decided.decision} ${body.decided.at}`))).toEqual(
      new Set([`already_decided ${won[0]?.body.decision} ${won[0]?.body.at}`]),
    );
    const status = await ended(workflowId);
    expect(status.status).toBe(won[0]?.body.decision === 'approve' ? 'SUCCEEDED' : 'CANCELLED');
  });

  test('after the end, a decision learns what was decided, or that the run has ended', async () => {
    const workflowId = await startWaiting({ within: 200 });
    await ended(workflowId);
    expect(await http.post(`${http.run(workflowId)}/approvals/release`, { decision: 'decline' })).toMatchObject({
      ...problem(409, 'already_decided'),
      body: { decided: { decision: 'expired' } },
    });
    expect(await http.post(`${http.run(workflowId)}/approvals/confirm`, { decision: 'decline' })).toMatchObject(problem(409, 'run_ended'));
    expect(await http.post(`${http.run('nobody')}/approvals/release`, { decision: 'decline' })).toMatchObject(problem(404, 'unknown_run'));
  });
});

describe('signal', () => {
  test('approve, decline, and an approval by its name are decisions', async () => {
    const runs = await Promise.all([startWaiting(), startWaiting(), startWaiting()]);
    const send = (index: number, body: unknown) => http.post(`${http.run(runs[index] ?? '')}/signal`, body);
    expect(await send(0, { name: 'approve', data: { answer: { reason: 'a' }, decisionId: 'a' } })).toMatchObject({
      status: 200,
      body: { decision: 'approve', approval: 'release' },
    });
    expect(await send(1, { name: 'decline', data: { comment: 'b' } })).toMatchObject({ status: 200, body: { decision: 'decline', comment: 'b' } });
    expect(await send(2, { name: 'release', data: { answer: { reason: 'c' } } })).toMatchObject({ status: 200, body: { decision: 'approve' } });
    await ended(runs[0] ?? '');
    expect(await send(0, { name: 'approve', data: { answer: { reason: 'a' }, decisionId: 'a' } })).toMatchObject({
      status: 200,
      body: { decision: 'approve' },
    });
    expect(await send(0, { name: 'decline' })).toMatchObject(problem(409, 'already_decided'));
  });

  test('cancel cancels, and an unknown name is refused without an event', async () => {
    const workflowId = await startWaiting({ undo: 0 });
    const before = await historyLength(workflowId);
    expect(await http.post(`${http.run(workflowId)}/signal`, { name: 'pause' })).toMatchObject({
      ...problem(422, 'unknown_signal'),
      body: { detail: expect.stringMatching(/release/) },
    });
    expect(await http.post(`${http.run(workflowId)}/signal`, { data: {} })).toMatchObject(problem(422, 'wrong_input'));
    expect(await historyLength(workflowId)).toBe(before);
    expect(await http.post(`${http.run(workflowId)}/signal`, { name: 'cancel' })).toMatchObject({
      status: 202,
      body: { workflowId, status: 'CANCEL_REQUESTED' },
    });
    expect(await ended(workflowId)).toMatchObject({ status: 'CANCELLED', undo: 'DONE' });
    expect(await http.post(`${http.run(workflowId)}/signal`, { name: 'cancel' })).toMatchObject(problem(409, 'run_ended'));
    expect(await http.post(`${http.run(workflowId)}/cancel`)).toMatchObject(problem(409, 'run_ended'));
    expect(await http.post(`${http.run('nobody')}/cancel`)).toMatchObject(problem(404, 'unknown_run'));
  });
});

describe('lists', () => {
  test('a pipeline is described with its schemas', async () => {
    const { body } = await http.get('/v1/pipelines');
    expect(body.pipelines.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['shop', 'mall', 'rounds', 'hasty']));
    const one = await http.get('/v1/pipelines/shop');
    expect(one.body).toMatchObject({
      id: 'shop',
      owner: 'sales',
      tags: ['test'],
      file: 'shop.ts',
      input: { properties: { orders: {} } },
      output: { properties: { status: {} } },
    });
    expect(one.body.approvals).toMatchObject([{ id: 'release', within: 3_600_000, schema: { properties: { reason: {} } } }, { id: 'confirm' }]);
    expect(await http.get('/v1/pipelines/none')).toMatchObject(problem(404, 'unknown_pipeline'));
  });

  test('runs are listed by pipeline and state, page by page', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await http.post('/v1/pipelines/hasty/execute', { ms: 0 })).body.workflowId as string));
    await Promise.all(ids.map(ended));
    const read = (query: string) => http.get(`/v1/pipelines/workflows?pipeline=hasty&status=SUCCEEDED&${query}`);
    const idsOf = ({ body }: Awaited<ReturnType<typeof read>>) => body.runs.map(({ workflowId }: { workflowId: string }) => workflowId) as string[];
    await until(
      () => read(''),
      (all) => ids.every((id) => idsOf(all).includes(id)),
    );
    const first = await read('limit=2');
    expect(first.body.runs[0]).toMatchObject({ pipeline: 'hasty', status: 'SUCCEEDED', duration: expect.any(String), waiting: [] });
    const second = await read(`limit=2&cursor=${first.body.cursor}`);
    expect([...idsOf(first), ...idsOf(second)].slice(0, 3).sort()).toEqual([...ids].sort());
    expect((await http.get('/v1/pipelines/workflows?pipeline=none')).body).toEqual({ runs: [] });
    for (const query of ['status=RETRYING', 'limit=0', 'limit=x', 'limit=1000', 'cursor=%21', 'cursor=aGFsbG8']) {
      expect(await http.get(`/v1/pipelines/workflows?${query}`)).toMatchObject(problem(400, 'bad_request'));
    }
  });

  test.each(['RUNNING', 'WAITING_FOR_APPROVAL', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'TIMED_OUT', 'TERMINATED'])(
    'runs can be searched for as %s, and are listed as such',
    async (state) => {
      const { status, body } = await http.get(`/v1/pipelines/workflows?status=${state}`);
      expect(status).toBe(200);
      expect(new Set(body.runs.map((run: { status: string }) => run.status)).size).toBeLessThanOrEqual(1);
      for (const run of body.runs) expect(run.status).toBe(state);
    },
  );
});

describe('refusals', () => {
  test.each([
    ['malformed JSON', 'POST', '/v1/pipelines/shop/execute', '{"a":', {}, 400, 'malformed_json'],
    ['another content type', 'POST', '/v1/pipelines/shop/execute', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'wrong_content_type'],
    ['no content type', 'POST', '/v1/pipelines/workflows/x/signal', '{}', { 'content-type': 'text/plain' }, 415, 'wrong_content_type'],
    ['a huge body', 'POST', '/v1/pipelines/shop/execute', JSON.stringify({ orders: ['x'.repeat(3_000_000)] }), {}, 413, 'payload_too_large'],
    ['an unknown route', 'GET', '/v2/pipelines', undefined, {}, 404, 'unknown_route'],
    ['an id that is left out', 'GET', '/v1/pipelines/', undefined, {}, 404, 'unknown_route'],
    ['a wrong method', 'DELETE', '/v1/pipelines/shop', undefined, {}, 405, 'wrong_method'],
    ['a page of another site', 'POST', '/v1/pipelines/workflows/x/cancel', undefined, { origin: 'https://evil.example' }, 403, 'beyond_loopback'],
    ['an unknown run', 'GET', '/v1/pipelines/workflows/nobody/status', undefined, {}, 404, 'unknown_run'],
    ['a path that cannot be decoded', 'GET', '/v1/pipelines/workflows/%E0%A4%A/status', undefined, {}, 404, 'unknown_run'],
  ] as const)('%s is a problem', async (_what, method, path, body, headers, status, code) => {
    const answer = await http.ask(method, path, body, headers);
    expect(answer).toMatchObject(problem(status, code));
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|at .*\.ts:/);
  });

  test('a wrong method names the right ones', async () => {
    expect((await http.ask('PUT', '/v1/pipelines/shop/execute', {})).headers.get('allow')).toBe('POST');
  });

  test('a workflow id may hold anything', async () => {
    const workflowId = `a/b %c?d#ü-${randomUUID()}`;
    await workshop.client.start(workshop.catalogue.pipelines.get('shop')?.pipeline as never, {}, { workflowId });
    expect(await ended(workflowId)).toMatchObject({ workflowId, status: 'SUCCEEDED' });
  });
});

describe('the server', () => {
  test('says that it is there, that Temporal is, and what it takes', async () => {
    expect(await http.get('/health')).toMatchObject({ status: 200, body: { status: 'ok', service: 'headrace', pid: process.pid } });
    expect(await http.get('/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
    const { body } = await http.get('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/v1/pipelines/{id}/execute', '/v1/pipelines/workflows/{workflowId}/status', '/v1/approvals', '/ready']),
    );
    expect(body.components.schemas).toHaveProperty('RunStatus');
  });

  test('says at its root where to go on: to programs and to browsers', async () => {
    const uiUrl = 'http://127.0.0.1:8233';
    const settings = { client: workshop.client, catalogue: workshop.catalogue, record: served.recording.record, port: 0, uiUrl };
    const front = await startApi(settings);
    const { status, body } = await asker(front.url).get('/');
    expect(status).toBe(200);
    expect(body).toMatchObject({ service: 'headrace', description: '/openapi.json', temporal: uiUrl });
    const { service: _, temporal: __, ...places } = body as Record<string, string>;
    for (const place of Object.values(places)) expect((await fetch(front.url + place)).status, place).toBe(200);
    const page = await fetch(front.url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await page.text()).toContain('<a href="/v1/pipelines">');
    await front.stop();
  });

  test('shows metrics in the text format of Prometheus', async () => {
    const { status, headers, body } = await http.get('/metrics');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    for (const line of ['# TYPE temporal_workflow_duration histogram', 'headrace_registry_up 1', '# HELP headrace_runs_open ']) expect(body).toContain(line);
  });

  test('writes a line and counts for each request, but not for those of probes', async () => {
    logged.length = 0;
    const { body } = await http.post('/v1/pipelines/shop/execute', {});
    await http.status(body.workflowId as string);
    await http.get(`${http.run('nobody')}/status?secret=x`);
    await http.get('/health');
    await http.get('/nowhere');
    const route = '/v1/pipelines/workflows/:workflowId/status';
    const line = { level: 'info', time: expect.any(String), ms: expect.any(Number), principal: 'local', tenant: 'default' };
    expect(logged.slice(0, 3)).toEqual([
      { ...line, method: 'POST', route: '/v1/pipelines/:id/execute', status: 201, msg: 'POST /v1/pipelines/shop/execute 201' },
      { ...line, method: 'GET', route, status: 200, workflowId: body.workflowId, msg: `GET /v1/pipelines/workflows/${body.workflowId}/status 200` },
      { ...line, method: 'GET', route, status: 404, workflowId: 'nobody', code: 'unknown_run', msg: 'GET /v1/pipelines/workflows/nobody/status 404' },
    ]);
    expect(logged.slice(3)).toMatchObject([{ status: 404, msg: 'GET /nowhere 404' }]);
    const counts = (await http.get('/metrics')).body as string;
    expect(counts).toMatch(/headrace_api_request_duration_seconds_count{method="POST",route="\/v1\/pipelines\/:id\/execute",status="201"} \d+/);
    expect(counts).not.toContain('nowhere');
  });

  test('refuses a taken port and says who holds it', async () => {
    const port = Number(new URL(api.url).port);
    const refused = startApi({ client: workshop.client, catalogue: workshop.catalogue, record: served.recording.record, port });
    await expect(refused).rejects.toMatchObject({ code: 'port_taken', message: expect.stringMatching(new RegExp(`another Headrace API: pid ${process.pid}`)) });
  });

  test('takes another port in place of a taken one, where nobody asked for that', async () => {
    const port = Number(new URL(api.url).port);
    const other = await startApi({ client: workshop.client, catalogue: workshop.catalogue, record: served.recording.record, port, anyPort: true });
    expect((await fetch(`${other.url}/health`)).status).toBe(200);
    expect(other.url).not.toBe(api.url);
    await other.stop();
  });

  test.each(['0.0.0.0', '192.168.1.4', 'example.org', '::'])('refuses to listen on %s', async (host) => {
    const settings = { client: workshop.client, catalogue: workshop.catalogue, record: served.recording.record, port: 0, host };
    await expect(startApi(settings)).rejects.toMatchObject({ code: 'beyond_loopback' });
  });
});

test('with all workers stopped, status is answered and a decision is 503 with Retry-After', async () => {
  const workflowId = await startWaiting();
  await workshop.stopWorker();
  const decision = { decision: 'approve', answer: { reason: 'late' }, decisionId: 'late' };
  try {
    expect(await http.status(workflowId)).toMatchObject({ status: 'WAITING_FOR_APPROVAL' });
    const answer = await http.post(`${http.run(workflowId)}/approvals/release`, decision);
    expect(answer).toMatchObject(problem(503, 'no_worker'));
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await workshop.startWorker();
  }
  expect(await http.post(`${http.run(workflowId)}/approvals/release`, decision)).toMatchObject({
    status: 200,
    body: { decision: 'approve', decisionId: 'late' },
  });
});
