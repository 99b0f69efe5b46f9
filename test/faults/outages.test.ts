import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { openSecured, type Secured } from '../../worker/api/secured.fixture.js';
import { startTemporal, type TemporalServer } from '../../worker/dev/temporal-server.js';
import { audit } from '../../worker/events/index.js';
import { openRegistry } from '../../worker/registry/index.js';
import { findPostgres } from '../servers/find-postgres.js';
import { type PostgresServer, startPostgres } from '../servers/postgres.js';
import { until } from './until.js';

/** Milliseconds within which every request is answered, whoever is away: the API's own limit, and what a busy machine adds. */
const atMost = 35_000;
/** Longer than a connection that nobody answers on is kept. */
const longOutage = 40_000;

/** What is sent to the routes that take a body. */
const bodies: Record<string, unknown> = {
  'post /v1/pipelines/{id}/execute': {},
  'post /v1/pipelines/workflows/{workflowId}/approvals/{approval}': { decision: 'decline' },
  'post /v1/pipelines/workflows/{workflowId}/signal': { name: 'cancel' },
  'post /v1/keys': { name: 'more', grants: ['viewer'] },
  'post /v1/keys/{key}/rotate': {},
  'post /v1/codec/{namespace}/decode': { payloads: [] },
  'post /v1/codec/{namespace}/encode': { payloads: [] },
};

interface Answered {
  status: number;
  milliseconds: number;
  /** Of what is no success: whether it is a problem that says when to come again. */
  isExplained: boolean;
}

const hasPostgres = canFindPostgres();

describe.skipIf(!hasPostgres)('an outage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-outages-'));
  let postgres: PostgresServer;
  let temporal: TemporalServer;
  let here: Secured;
  let url: string;
  let secret: string;
  let routes: [string, { requestBody?: unknown }][];
  /** Of a run that has ended, and a key that is revoked. */
  let named: Record<string, string>;

  beforeAll(async () => {
    [postgres, temporal] = await Promise.all([startPostgres(), startTemporal({ stateFolder: folder })]);
    const settings = { url: postgres.url };
    const place = { settings, open: () => openRegistry(settings), remove: () => Promise.resolve() };
    here = await openSecured(temporal, undefined, undefined, place);
    url = here.api.url.replace('0.0.0.0', '127.0.0.1');
    await here.record.registry();
    const admin = here.as(await here.issuer.token({ roles: ['admin'] }));
    secret = (await admin.post('/v1/keys', { name: 'asking', grants: ['admin'] })).body.key as string;
    const key = (await admin.post('/v1/keys', { name: 'ended', grants: ['viewer'] })).body.id as string;
    await admin.post(`/v1/keys/${key}/revoke`);
    const { workflowId } = (await admin.post('/v1/pipelines/shop/execute', {})).body as { workflowId: string };
    named = { workflowId, id: 'shop', approval: 'release', key, namespace: temporal.namespace };
    await until(
      async () => (await admin.get(admin.run(workflowId))).body,
      ({ endedAt }) => endedAt !== undefined,
    );
    const { paths } = (await admin.get('/openapi.json')).body as { paths: Record<string, Record<string, { requestBody?: unknown }>> };
    routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [`${method} ${path}`, operation] as [string, { requestBody?: unknown }]),
    );
  });

  afterAll(async () => {
    await here?.close();
    await Promise.all([postgres?.stop(), temporal?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Asks a route of the description, with the same body each time; a stream has to begin. */
  async function ask(route: string, marker: string, accept = 'application/json'): Promise<Answered> {
    const [method = '', template = ''] = route.split(' ');
    const path = template.replaceAll(/{(\w+)}/g, (_, name: string) => encodeURIComponent(named[name] ?? 'unknown'));
    const begun = performance.now();
    const stop = new AbortController();
    const body = route === 'post /v1/keys' ? { name: `more-${marker}`, grants: ['viewer'] } : bodies[route];
    const response = await fetch(url + path, {
      method: method.toUpperCase(),
      headers: { authorization: `Bearer ${secret}`, accept, 'idempotency-key': marker, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(2 * atMost)]),
    });
    const milliseconds = Math.round(performance.now() - begun);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const { code } = isStream ? {} : ((await response.json().catch(() => ({}))) as { code?: string });
    stop.abort();
    const isProblem = response.headers.get('content-type') === 'application/problem+json' && code !== undefined;
    return { status: response.status, milliseconds, isExplained: isProblem && (response.status !== 503 || response.headers.has('retry-after')) };
  }

  /** All routes at once, and those that stream as streams too. */
  async function askAll(marker: string): Promise<Record<string, Answered>> {
    const asked = routes.flatMap(([route]) => {
      const streams = /^get .*\/(events|logs)$/.test(route) ? [[`${route} (stream)`, ask(route, marker, 'text/event-stream')] as const] : [];
      return [[route, ask(route, marker)] as const, ...streams];
    });
    return Object.fromEntries(await Promise.all(asked.map(async ([route, answer]) => [route, await answer] as const)));
  }

  const statuses = (answers: Record<string, Answered>) => Object.fromEntries(Object.entries(answers).map(([route, { status }]) => [route, status]));

  /** What changes nothing answers the same before and after. */
  const reading = (answers: Record<string, Answered>) => Object.fromEntries(Object.entries(statuses(answers)).filter(([route]) => route.startsWith('get ')));

  test('finds every route that takes a body in the table of this test', () => {
    expect(routes.filter(([, { requestBody }]) => requestBody !== undefined).map(([route]) => route)).toEqual(expect.arrayContaining(Object.keys(bodies)));
    expect(Object.keys(bodies)).toEqual(expect.arrayContaining(routes.filter(([, { requestBody }]) => requestBody !== undefined).map(([route]) => route)));
  });

  const outages = {
    'PostgreSQL that is stopped': {
      lasts: 0,
      begin: () => postgres.halt(),
      end: () => postgres.resume(),
      works: ['get /health', 'get /ready', 'get /metrics', 'get /v1/pipelines', 'get /v1/pipelines/workflows/{workflowId}/status'],
    },
    'PostgreSQL that is frozen': {
      lasts: longOutage,
      begin: () => postgres.freeze(),
      end: () => postgres.thaw(),
      works: ['get /health', 'get /ready', 'get /metrics', 'get /v1/pipelines', 'get /v1/pipelines/workflows/{workflowId}/status'],
    },
    'Temporal that is stopped': {
      lasts: 0,
      begin: () => temporal.stop(),
      end: async () => {
        const [, port] = temporal.address.split(':');
        temporal = await startTemporal({ stateFolder: folder, port: Number(port) });
      },
      works: ['get /health', 'get /metrics', 'get /v1/pipelines/workflows', 'get /v1/pipelines/workflows/{workflowId}', 'get /v1/events', 'get /v1/approvals'],
    },
  };

  test.each(Object.entries(outages))('of a %s is answered in time by every route, and leaves nothing behind', { timeout: 300_000 }, async (what, outage) => {
    const marker = what.replaceAll(/\W/g, '-');
    const before = await askAll(`${marker}-before`);
    expect(Object.entries(before).filter(([, { status }]) => status >= 500)).toEqual([]);
    const admin = here.as(secret);
    // They go on, and end, while it lasts.
    for (let run = 0; run < 5; run += 1) await admin.post('/v1/pipelines/shop/execute', { orders: ['a', 'b'], ms: 1_000 });
    await outage.begin();
    const begun = performance.now();
    const during = await askAll(marker).finally(async () => {
      // Only what lasts longer than patience shows what follows it.
      await wait(Math.max(0, outage.lasts - (performance.now() - begun)));
      await outage.end();
    });
    console.log(`${what}: the slowest answer took ${Math.max(...Object.values(during).map(({ milliseconds }) => milliseconds))} ms`);
    const wrong = ([, { status, milliseconds, isExplained }]: [string, Answered]) =>
      milliseconds > atMost || (status >= 400 && !isExplained) || (status >= 500 && status !== 503);
    expect(Object.entries(during).filter(wrong)).toEqual([]);
    expect(outage.works.map((route) => [route, during[route]?.status])).toEqual(outage.works.map((route) => [route, 200]));
    expect(Object.values(during).some(({ status }) => status === 503)).toBe(true);

    await until(
      async () => reading(await askAll(`${marker}-after`)),
      (after) => JSON.stringify(after) === JSON.stringify(reading(before)),
    );
    const again = await askAll(marker);
    expect(Object.entries(again).filter(([, { status }]) => status >= 500)).toEqual([]);
    await expectWholeRecord();
  });

  /** Every run has ended, and the record says what the histories say: nothing is lost or doubled. */
  async function expectWholeRecord(): Promise<void> {
    const { taskQueue } = here.workshop;
    const reader = await connectTemporal({ address: temporal.address, namespace: temporal.namespace, taskQueue });
    try {
      const { database } = await here.record.registry();
      const open = () => database.selectFrom('projection').select('workflow_id').where('ended', '=', false).execute();
      await until(open, (runs) => runs.length === 0, { limit: 90_000, every: 500 });
      await until(
        () => audit(reader, database, `TaskQueue = '${taskQueue}'`),
        (differences) => differences.length === 0,
        { limit: 90_000, every: 2_000 },
      );
    } finally {
      await reader.close();
    }
  }
});

function canFindPostgres(): boolean {
  try {
    findPostgres();
    return true;
  } catch {
    return false;
  }
}
