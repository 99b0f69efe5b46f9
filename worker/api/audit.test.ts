import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { RunRecord } from '../events/index.js';
import { makeLog } from '../logging/log.js';
import type { AuditEntry } from '../registry/audit-log.js';
import { verifyAuditLog } from '../registry/index.js';
import { embeddedPlace } from '../registry/registry.fixture.js';
import { AuditTrail } from './audit-trail.js';
import { asker } from './client.fixture.js';
import { startApi } from './index.js';
import { openSecured, type Secured } from './secured.fixture.js';

let here: Secured;

beforeAll(async () => {
  here = await openSecured(inject('temporal'));
});

afterAll(() => here.close());

interface Listed {
  actor: string;
  action: string;
  subject: string;
}

type Person = ReturnType<Secured['as']>;

const yes = { decision: 'approve', answer: { reason: 'paid' } };

async function login(sub: string, roles: string[], tenant = 'acme'): Promise<Person> {
  return here.as(await here.issuer.token({ roles, tenant, sub }));
}

async function startAsking(by: Person): Promise<string> {
  const { workflowId } = (await by.post('/v1/pipelines/shop/execute', { ask: true })).body as { workflowId: string };
  await until(
    () => by.status(workflowId),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
  return workflowId;
}

/** What the audit log has of a run or pipeline, once it has as much as is expected. */
async function entriesOf(subject: string, count: number) {
  const { database } = await here.record.registry();
  const columns = ['tenant', 'actor', 'action', 'details'] as const;
  return until(
    () => database.selectFrom('audit_log').select(columns).where('subject', '=', subject).orderBy('id').execute(),
    (rows) => rows.length >= count,
  );
}

describe('the audit log has', () => {
  test('who started a run, who was refused, who approved and who came too late', async () => {
    const [ann, bob, eve] = [await login('ann', ['operator']), await login('bob', ['approver']), await login('eve', ['admin'], 'umbrella')];
    const workflowId = await startAsking(ann);
    const approval = `${ann.run(workflowId)}/approvals/release`;
    expect((await ann.post(approval, yes)).status).toBe(403);
    expect((await eve.post(approval, yes)).status).toBe(404);
    expect((await bob.post(approval, { decision: 'perhaps' })).status).toBe(422);
    for (let round = 0; round < 2; round += 1) expect((await bob.post(approval, { ...yes, decisionId: 'd' })).status).toBe(200);
    await until(
      () => ann.status(workflowId),
      ({ endedAt }) => endedAt !== undefined,
    );
    expect((await ann.post(`${ann.run(workflowId)}/cancel`)).status).toBe(409);
    const of = { tenant: 'acme', action: 'approval.decide' };
    expect(await entriesOf(workflowId, 5)).toEqual([
      { tenant: 'acme', actor: 'ann', action: 'run.start', details: { pipeline: 'shop', runId: expect.any(String), outcome: 'done' } },
      { ...of, actor: 'ann', details: { pipeline: 'shop', approval: 'release', outcome: 'refused', code: 'forbidden' } },
      { ...of, tenant: 'umbrella', actor: 'eve', details: { approval: 'release', outcome: 'refused', code: 'unknown_run' } },
      { ...of, actor: 'bob', details: { pipeline: 'shop', approval: 'release#1', decision: 'approve', decisionId: 'd', outcome: 'done' } },
      { tenant: 'acme', actor: 'ann', action: 'run.cancel', details: { pipeline: 'shop', outcome: 'refused', code: 'run_ended' } },
    ]);
    expect(await verifyAuditLog((await here.record.registry()).database)).not.toHaveProperty('broken');
  });

  test('a decline and a cancellation by signal, also of a key', async () => {
    const name = `nightly-${randomUUID()}`;
    const { key } = (await here.as(here.adminKey).post('/v1/keys', { name, grants: ['operator', 'approver'] })).body as { key: string };
    const nightly = here.as(key);
    const [declined, cancelled] = [await startAsking(nightly), await startAsking(nightly)];
    expect((await nightly.post(`${nightly.run(declined)}/signal`, { name: 'decline' })).status).toBe(200);
    expect((await nightly.post(`${nightly.run(cancelled)}/signal`, { name: 'cancel' })).status).toBe(202);
    const by = { tenant: 'default', actor: `key:${name}` };
    expect((await entriesOf(declined, 2))[1]).toMatchObject({ ...by, action: 'approval.decide', details: { decision: 'decline', outcome: 'done' } });
    expect((await entriesOf(cancelled, 2))[1]).toMatchObject({ ...by, action: 'run.cancel', details: { outcome: 'done' } });
  });

  test('one start of an idempotency key, whoever repeats it', async () => {
    const [ann, bob] = [await login('ann', ['operator']), await login('bob', ['operator'])];
    const headers = { 'idempotency-key': randomUUID() };
    const { workflowId } = (await ann.post('/v1/pipelines/hasty/execute', { ms: 0 }, headers)).body as { workflowId: string };
    for (const who of [ann, bob]) expect((await who.post('/v1/pipelines/hasty/execute', { ms: 0 }, headers)).body).toMatchObject({ workflowId });
    // Entries keep their order: what follows the repeats is there after them.
    await bob.post(`${bob.run(workflowId)}/cancel`);
    expect((await entriesOf(workflowId, 2)).map(({ actor, action }) => `${actor} ${action}`)).toEqual(['ann run.start', 'bob run.cancel']);
  });

  test('a list for the admins of a tenant, by who, what, on what and when, page by page', async () => {
    const tenant = `audited-${randomUUID()}`;
    const [ann, bob, eve] = [await login('ann', ['operator'], tenant), await login('bob', ['admin'], tenant), await login('eve', ['admin'], 'umbrella')];
    const started: string[] = [];
    for (let run = 0; run < 3; run += 1) started.push(await startAsking(ann));
    const [first = '', second = ''] = started;
    const between = new Date().toISOString();
    await bob.post(`${bob.run(second)}/cancel`);
    await entriesOf(second, 2);
    const list = async (query = '', by = bob) => (await by.get(`/v1/audit${query}`)).body as { entries: Listed[]; cursor?: string };
    const told = async (query: string) => (await list(query)).entries.map(({ actor, action, subject }) => [actor, action, started.indexOf(subject)]);
    const starts = [2, 1, 0].map((run) => ['ann', 'run.start', run]);
    expect(await told('')).toEqual([['bob', 'run.cancel', 1], ...starts]);
    expect(await told('?action=run.start')).toEqual(starts);
    expect(await told('?actor=bob')).toEqual([['bob', 'run.cancel', 1]]);
    expect(await told(`?subject=${first}`)).toEqual([['ann', 'run.start', 0]]);
    expect(await told(`?after=${between}`)).toEqual([['bob', 'run.cancel', 1]]);
    expect(await told(`?before=${between}`)).toEqual(starts);
    const { entries, cursor = '' } = await list('?limit=3');
    expect(entries[0]).toEqual({
      id: expect.any(Number),
      at: expect.stringMatching(/Z$/),
      actor: 'bob',
      action: 'run.cancel',
      subject: second,
      details: { pipeline: 'shop', outcome: 'done' },
    });
    expect(await list(`?limit=3&cursor=${cursor}`)).toEqual({ entries: [expect.objectContaining({ subject: first })] });
    expect((await list('', eve)).entries.filter(({ subject }) => started.includes(subject))).toEqual([]);
    expect((await ann.get('/v1/audit')).status).toBe(403);
    expect((await eve.get(`/v1/audit?limit=3&cursor=${cursor}`)).status).toBe(400);
  });
});

function written() {
  const lines: { msg: string; why: string; audit: AuditEntry }[] = [];
  const told = (count: number) =>
    until(
      async () => lines.length,
      (it) => it === count,
    );
  return { lines, told, log: makeLog({ level: 'info', format: 'json', write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) }) };
}

const deed = { actor: 'ann', tenant: 'acme', action: 'run.cancel', subject: 'orders-1', details: { outcome: 'done' } };

describe('while the registry is away', () => {
  test('a request is served, and the log tells of it', async () => {
    const { lines, log } = written();
    const { client, catalogue, taskQueue } = here.workshop;
    const temporal = await connectTemporal({ ...inject('temporal'), taskQueue });
    const neverOpened = new RunRecord({ temporal, registry: {}, pipelines: [] });
    const api = await startApi({ client, catalogue, record: neverOpened, port: 0, log });
    const { status, body } = await asker(api.url).post('/v1/pipelines/hasty/execute', { ms: 0 });
    expect(status).toBe(201);
    await api.stop();
    await temporal.close();
    const audit = { actor: 'local', tenant: 'default', action: 'run.start', subject: body.workflowId, at: expect.any(String) };
    expect(lines.filter(({ msg }) => msg === 'audit')).toMatchObject([
      { why: 'The registry is not open.', audit: { ...audit, details: { pipeline: 'hasty', outcome: 'done' } } },
    ]);
  });

  test('an entry waits until it is open, and no longer than it may', async () => {
    const { log, lines, told } = written();
    const place = embeddedPlace();
    const registry = await place.open();
    const record: { database: typeof registry.database | undefined } = { database: undefined };
    const late = new AuditTrail(record, log, 1);
    late.enter(deed);
    await told(1);
    const trail = new AuditTrail(record, log);
    trail.enter(deed);
    record.database = registry.database;
    await until(
      () => verifyAuditLog(registry.database),
      ({ entries }) => entries === 1,
    );
    await trail.close();
    await registry.close();
    trail.enter(deed);
    await trail.close();
    expect(lines).toMatchObject([{ audit: deed }, { audit: deed, why: expect.stringMatching(/closed|destroyed/) }]);
    await place.remove();
  });

  test('a registry that hangs holds one transaction, and what comes meanwhile is logged', async () => {
    const { log, lines, told } = written();
    const place = embeddedPlace();
    const registry = await place.open();
    const trail = new AuditTrail(registry, log, 50);
    await registry.database.transaction().execute(async (transaction) => {
      await transaction.selectFrom('lease').selectAll().execute();
      trail.enter(deed);
      await told(1);
      trail.enter({ ...deed, actor: 'bob' });
      await told(2);
    });
    expect(lines.map(({ audit }) => audit.actor)).toEqual(['ann', 'bob']);
    // What was under way when the registry answered again is entered all the same.
    await until(
      () => verifyAuditLog(registry.database),
      ({ entries }) => entries === 1,
    );
    await trail.close();
    await registry.close();
    await place.remove();
  });
});
