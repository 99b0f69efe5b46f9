import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { forgeries } from '../auth/forgeries.fixture.js';
import { listen } from './client.fixture.js';
import { openSecured, type Secured } from './secured.fixture.js';

interface Route {
  /** Who may: the roles of which one is needed, or everybody. */
  needs: string;
  /** What the request below answers to who may. None of them changes anything: bodies are wrong, the run has ended and the key is revoked. */
  answers: number;
  body?: unknown;
}

const run = '/v1/pipelines/workflows/{workflowId}';
const pipeline = '/v1/pipelines/{id}';

/** Every route of the API. A new one belongs here, with who may use it. */
const routes: Record<string, Route> = {
  'get /health': { needs: 'open', answers: 200 },
  'get /ready': { needs: 'open', answers: 200 },
  'get /metrics': { needs: 'viewer', answers: 200 },
  'get /v1/pipelines': { needs: 'viewer', answers: 200 },
  [`get ${pipeline}`]: { needs: 'viewer', answers: 200 },
  [`get ${pipeline}/runs`]: { needs: 'viewer', answers: 200 },
  [`post ${pipeline}/execute`]: { needs: 'operator', answers: 422, body: { ask: 7 } },
  'get /v1/pipelines/workflows': { needs: 'viewer', answers: 200 },
  [`get ${run}`]: { needs: 'viewer', answers: 200 },
  [`get ${run}/status`]: { needs: 'viewer', answers: 200 },
  [`get ${run}/calls`]: { needs: 'viewer', answers: 200 },
  [`get ${run}/children`]: { needs: 'viewer', answers: 200 },
  [`get ${run}/history`]: { needs: 'viewer', answers: 200 },
  [`get ${run}/logs`]: { needs: 'viewer', answers: 200 },
  [`get ${run}/events`]: { needs: 'viewer', answers: 200 },
  [`get ${run}/approvals`]: { needs: 'viewer', answers: 200 },
  [`post ${run}/approvals/{approval}`]: { needs: 'approver', answers: 422, body: { decision: 'perhaps' } },
  [`post ${run}/signal`]: { needs: 'operator or approver', answers: 422, body: { name: 7 } },
  [`post ${run}/cancel`]: { needs: 'operator', answers: 409 },
  'get /v1/approvals': { needs: 'viewer', answers: 200 },
  'get /v1/events': { needs: 'viewer', answers: 200 },
  'get /v1/events/schemas': { needs: 'viewer', answers: 200 },
  'get /v1/audit': { needs: 'admin', answers: 200 },
  'get /v1/keys': { needs: 'admin', answers: 200 },
  'post /v1/keys': { needs: 'admin', answers: 422, body: { name: 7 } },
  'post /v1/keys/{key}/rotate': { needs: 'admin', answers: 409, body: {} },
  'post /v1/keys/{key}/revoke': { needs: 'admin', answers: 409 },
  // The codec decrypts what is anybody's: it is for who sets up tenants alone.
  'post /v1/codec/{namespace}/decode': { needs: 'admin', answers: 403, body: { payloads: [] } },
  'post /v1/codec/{namespace}/encode': { needs: 'admin', answers: 403, body: { payloads: [] } },
};

/** What each role includes. */
const includes: Record<string, readonly string[]> = {
  '': [],
  viewer: ['viewer'],
  operator: ['viewer', 'operator'],
  approver: ['viewer', 'approver'],
  admin: ['viewer', 'operator', 'approver', 'admin'],
};

interface Who {
  role: string;
  /** Of which pipelines; of all unless said. */
  on?: string;
  tenant: string;
}

const everybody: Who[] = [
  ...Object.keys(includes).map((role) => ({ role, tenant: 'acme' })),
  ...['viewer', 'operator', 'approver', 'admin'].flatMap((role) => [
    { role, on: 'hasty', tenant: 'acme' },
    { role, tenant: 'umbrella' },
  ]),
];

function expected(route: string, { needs, answers }: Route, { role, on, tenant }: Who): number {
  if (needs === 'open') return answers;
  const sees = role !== '' && on === undefined;
  if (route.includes('{workflowId}') && !(sees && tenant === 'acme')) return 404;
  if (route.includes('{id}') && !sees) return 404;
  const allowed = needs.split(' or ').some((one) => includes[role]?.includes(one) && !(one === 'admin' && on !== undefined));
  if (!allowed) return 403;
  return route.includes('{key}') && tenant !== 'acme' ? 404 : answers;
}

let here: Secured;
let url: string;
/** Of acme: a run that has ended with a child, and a key that is revoked. */
let workflowId: string;
let runId: string;
let key: string;

beforeAll(async () => {
  here = await openSecured(inject('temporal'));
  url = here.api.url.replace('0.0.0.0', '127.0.0.1');
  const admin = await as({ role: 'admin', tenant: 'acme' });
  ({ workflowId, runId } = (await admin.post('/v1/pipelines/mall/execute', {})).body as { workflowId: string; runId: string });
  key = (await admin.post('/v1/keys', { name: 'ended', grants: ['viewer'] })).body.id as string;
  await admin.post(`/v1/keys/${key}/revoke`);
  await until(
    async () => (await admin.get(admin.run(workflowId))).body,
    ({ endedAt, children }) => endedAt !== undefined && children?.length === 1,
  );
});

afterAll(() => here.close());

async function as({ role, on, tenant }: Who) {
  const roles = role === '' ? [] : [on === undefined ? role : `${role}:${on}`];
  return here.as(await here.issuer.token({ roles, tenant, sub: 'ada' }));
}

/** Asks what a route of the table asks. */
function ask(who: ReturnType<Secured['as']>, route: string, headers: Record<string, string> = {}) {
  const [method = '', template = ''] = route.split(' ');
  const named: Record<string, string> = { workflowId: encodeURIComponent(workflowId), id: 'mall', approval: 'release', key, namespace: 'any' };
  const path = template.replaceAll(/{(\w+)}/g, (_, name: string) => named[name] ?? 'unknown');
  return who.ask(method.toUpperCase(), path, routes[route]?.body, headers);
}

test('every route of the description says who may use it, and is in this table', async () => {
  const { paths } = (await here.as('').get('/openapi.json')).body as { paths: Record<string, Record<string, { 'x-headrace-role'?: string }>> };
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => [`${method} ${path}`, operation['x-headrace-role']]),
  );
  expect(Object.fromEntries(described)).toEqual(Object.fromEntries(Object.entries(routes).map(([route, { needs }]) => [route, needs])));
});

describe.each(Object.entries(routes))('%s', (route, asked) => {
  test('answers each role, grant and tenant as it may', async () => {
    const statuses: [string, number][] = [];
    for (const who of everybody) {
      const { status, body } = await ask(await as(who), route);
      statuses.push([JSON.stringify(who), status]);
      // A key's id is in the path, and so in the refusal.
      const foreign = route.includes('{key}') ? [runId] : [runId, key];
      if (who.tenant !== 'acme') for (const id of foreign) expect(JSON.stringify(body ?? '')).not.toContain(id);
    }
    expect(Object.fromEntries(statuses)).toEqual(Object.fromEntries(everybody.map((who) => [JSON.stringify(who), expected(route, asked, who)])));
  });

  test('takes no token that is none', async () => {
    const wrong = { none: '', ...(await forgeries(here.issuer)) };
    const answers: [string, number][] = [];
    for (const [what, token] of Object.entries(wrong)) {
      const { status, body } = await ask(here.as(token), route);
      answers.push([what, status]);
      expect(JSON.stringify(body ?? '')).not.toContain(workflowId);
    }
    expect(answers).toEqual(Object.keys(wrong).map((what) => [what, asked.needs === 'open' ? asked.answers : 401]));
  });
});

describe("another tenant's runs", () => {
  test('are not there by a filter, nor as a stream', async () => {
    const theirs = await as({ role: 'admin', tenant: 'umbrella' });
    for (const query of ['/v1/events?workflowId=', '/v1/pipelines/workflows?parent='])
      expect(Object.values((await theirs.get(query + encodeURIComponent(workflowId))).body as object)[0]).toEqual([]);
    for (const part of ['events', 'logs']) {
      const { status, body } = await ask(theirs, `get ${run}/${part}`, { accept: 'text/event-stream' });
      expect([status, body.code]).toEqual([404, 'unknown_run']);
    }
  });

  test('are not in the stream of all events, from its beginning on', async () => {
    const umbrella = { role: 'admin', tenant: 'umbrella' };
    const token = await here.issuer.token({ roles: ['admin'], tenant: umbrella.tenant });
    const stream = await listen(`${url}/v1/events?after=0`, undefined, { authorization: `Bearer ${token}` });
    const started = (await (await as(umbrella)).post('/v1/pipelines/mall/execute', {})).body as { workflowId: string };
    await until(
      async () => stream.messages,
      (messages) => messages.some(({ data }) => data.type === 'PIPELINE_SUCCEEDED' && data.subject === started.workflowId),
    );
    stream.stop();
    expect(new Set(stream.messages.map(({ data }) => data.tenant as string))).toEqual(new Set(['umbrella']));
  });
});

test("a child is of its parent's tenant: in Temporal, in the registry and in its events", async () => {
  const admin = await as({ role: 'admin', tenant: 'acme' });
  const detail = (await admin.get(admin.run(workflowId))).body as { children: { workflowId: string }[] };
  const child = detail.children[0]?.workflowId as string;
  const { searchAttributes } = await here.workshop.temporal.workflow.getHandle(child).describe();
  expect(searchAttributes.HeadraceTenant).toEqual(['acme']);
  const { database } = await here.record.registry();
  const rows = await database.selectFrom('pipeline_execution').select('tenant').where('workflow_id', 'in', [child, workflowId]).execute();
  expect(rows).toEqual([{ tenant: 'acme' }, { tenant: 'acme' }]);
  const events = await database.selectFrom('outbox').select(['tenant', 'payload']).where('workflow_id', '=', child).execute();
  expect(events.length).toBeGreaterThan(0);
  expect(new Set(events.flatMap(({ tenant, payload }) => [tenant, (payload as { tenant: string }).tenant]))).toEqual(new Set(['acme']));
  const theirs = await as({ role: 'admin', tenant: 'umbrella' });
  expect((await theirs.get(theirs.run(child))).status).toBe(404);
});
