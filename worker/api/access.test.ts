import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { Authenticator } from '../auth/index.js';
import { Catalogue } from '../host/catalogue.js';
import { verifyAuditLog } from '../registry/index.js';
import { asker } from './client.fixture.js';
import { startApi } from './index.js';
import { openSecured, type Secured } from './secured.fixture.js';

let here: Secured;

beforeAll(async () => {
  here = await openSecured(inject('temporal'));
});

afterAll(() => here.close());

const problem = (status: number, code: string) => ({ status, body: { code, status, type: `urn:headrace:problem:${code}` } });

async function login(roles: string[], tenant = 'acme', sub = 'ada') {
  return here.as(await here.issuer.token({ roles, tenant, sub }));
}

async function makeKey(body: object, query = ''): Promise<{ id: string; key: string }> {
  const { status, body: made } = await here.as(here.adminKey).post(`/v1/keys${query}`, { name: `k-${randomUUID()}`, grants: ['viewer'], ...body });
  expect(status).toBe(201);
  return made as { id: string; key: string };
}

describe('without a login', () => {
  test.each([
    [undefined, 'Bearer realm="headrace"'],
    ['Basic YTpi', 'Bearer realm="headrace", error="invalid_token"'],
    ['Bearer hrk_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'Bearer realm="headrace", error="invalid_token"'],
    ['Bearer nothing', 'Bearer realm="headrace", error="invalid_token"'],
  ])('%s is 401 and says how to log in', async (authorization, challenge) => {
    const answer = await fetch(`${here.api.url.replace('0.0.0.0', '127.0.0.1')}/v1/pipelines`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(challenge);
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated', fix: expect.stringMatching(/HEADRACE_API_KEY/) });
  });

  test('health, readiness and the description are open, and tell nothing of the machine', async () => {
    const nobody = here.as('');
    expect((await nobody.get('/health')).body).toEqual({ status: 'ok', service: 'headrace' });
    expect((await nobody.get('/ready')).status).toBe(200);
    expect((await nobody.get('/openapi.json')).status).toBe(200);
    const front = await nobody.get('/');
    expect(front.status).toBe(200);
    expect(JSON.stringify(front.body)).not.toContain('8233');
  });
});

describe('roles', () => {
  test('a viewer sees and does not start, an operator starts and does not decide, an approver decides', async () => {
    const [viewer, operator, approver] = await Promise.all([login(['viewer']), login(['operator']), login(['approver'])]);
    expect(await viewer.post('/v1/pipelines/shop/execute', {})).toMatchObject(problem(403, 'forbidden'));
    const { body } = await operator.post('/v1/pipelines/shop/execute', { ask: true });
    const run = viewer.run(body.workflowId as string);
    await until(
      () => viewer.status(body.workflowId as string),
      ({ status }) => status === 'WAITING_FOR_APPROVAL',
    );
    const decision = { decision: 'approve', answer: { reason: 'paid' } };
    expect(await operator.post(`${run}/approvals/release`, decision)).toMatchObject(problem(403, 'forbidden'));
    expect(await operator.post(`${run}/signal`, { name: 'approve', data: { answer: { reason: 'x' } } })).toMatchObject(problem(403, 'forbidden'));
    expect(await approver.post(`${run}/signal`, { name: 'cancel' })).toMatchObject(problem(403, 'forbidden'));
    expect(await approver.post(`${run}/approvals/release`, { ...decision, by: 'bob' })).toMatchObject(problem(422, 'wrong_input'));
    expect(await approver.post(`${run}/approvals/release`, decision)).toMatchObject({ status: 200, body: { by: 'ada' } });
  });

  test('a grant on some pipelines hides the others and their runs', async () => {
    const all = await login(['operator']);
    const some = await login(['operator:ro*']);
    const { body } = await all.post('/v1/pipelines/hasty/execute', { ms: 0 });
    const { pipelines } = (await some.get('/v1/pipelines')).body as { pipelines: { id: string }[] };
    expect(pipelines.map(({ id }) => id)).toEqual(['rounds']);
    expect(await some.post('/v1/pipelines/hasty/execute', { ms: 0 })).toMatchObject(problem(404, 'unknown_pipeline'));
    expect((await some.get('/v1/pipelines/hasty')).body).toMatchObject({ detail: expect.not.stringMatching(/shop/) });
    expect(await some.get(`${some.run(body.workflowId as string)}/status`)).toMatchObject(problem(404, 'unknown_run'));
    expect((await some.post('/v1/pipelines/rounds/execute', { left: 0 })).status).toBe(201);
    const listed = await until(
      () => some.get('/v1/pipelines/workflows'),
      (it) => it.body.runs.length > 0,
    );
    expect(new Set(listed.body.runs.map(({ pipeline }: { pipeline: string }) => pipeline))).toEqual(new Set(['rounds']));
  });
});

describe('a pipeline that is no longer hosted', () => {
  test('has its history still, for whom it was granted', async () => {
    const some = await here.issuer.token({ roles: ['operator:ha*'], tenant: 'acme' });
    const { workflowId } = (await here.as(some).post('/v1/pipelines/hasty/execute', { ms: 0 })).body as { workflowId: string };
    await until(
      () => here.as(some).get('/v1/pipelines/hasty/runs'),
      ({ body }) => body.runs.some((it: { workflowId: string }) => it.workflowId === workflowId),
    );
    const { later, api } = await without('hasty');
    try {
      const run = expect.objectContaining({ workflowId });
      for (const secret of [some, await here.issuer.token({ roles: ['admin'], tenant: 'acme' })]) {
        const who = later(secret);
        expect(await who.get('/v1/pipelines/hasty/runs')).toMatchObject({ status: 200, body: { runs: expect.arrayContaining([run]) } });
        expect((await who.get('/v1/pipelines/workflows')).body).toMatchObject({ runs: expect.arrayContaining([run]) });
        expect((await who.get('/v1/events?kind=PIPELINE_STARTED')).body).toMatchObject({
          events: expect.arrayContaining([expect.objectContaining({ pipeline: 'hasty' })]),
        });
        expect(await who.post('/v1/pipelines/hasty/execute', { ms: 0 })).toMatchObject(problem(404, 'unknown_pipeline'));
      }
      const none = later(await here.issuer.token({ roles: ['viewer:shop'], tenant: 'acme' }));
      expect(await none.get('/v1/pipelines/hasty/runs')).toMatchObject(problem(404, 'unknown_pipeline'));
      const { runs } = (await none.get('/v1/pipelines/workflows')).body as { runs: { pipeline: string }[] };
      expect(runs.filter(({ pipeline }) => pipeline !== 'shop')).toEqual([]);
    } finally {
      await api.stop();
    }
  });
});

/** An API on the same record, without one of the pipelines. */
async function without(pipeline: string) {
  const { workshop, record, issuer, adminKey, signer } = here;
  const catalogue = new Catalogue(workshop.catalogue.folder);
  for (const [id, found] of workshop.catalogue.pipelines) if (id !== pipeline) catalogue.pipelines.set(id, found);
  const authenticator = new Authenticator({ adminKey, tokens: issuer.settings, signer }, async () => (await record.registry()).database);
  const api = await startApi({ client: workshop.client, catalogue, record, authenticator, port: 0 });
  return { api, later: (secret: string) => asker(api.url, { authorization: `Bearer ${secret}` }) };
}

describe('metrics', () => {
  const series = async (who: ReturnType<Secured['as']>) =>
    ((await who.get('/metrics')).body as string).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  test('are of the own tenant and the granted pipelines; who sets up tenants sees the whole process', async () => {
    const [ours, theirs] = await Promise.all([login(['operator']), login(['operator'], 'umbrella')]);
    for (const [who, pipeline] of [
      [ours, 'shop'],
      [ours, 'hasty'],
      [theirs, 'shop'],
    ] as const)
      await who.post(`/v1/pipelines/${pipeline}/execute`, pipeline === 'hasty' ? { ms: 0 } : {});
    const all = await until(
      () => series(here.as(here.adminKey)),
      (lines) =>
        ['acme', 'umbrella'].every((tenant) =>
          lines.some((line) => line.startsWith('temporal_workflow_completed') && line.includes(`tenant="${tenant}"`) && line.includes('shop')),
        ),
    );
    expect(all).toContainEqual(expect.stringMatching(/^process_resident_memory_bytes \d+$/));
    const mine = await series(ours);
    expect(mine.filter((line) => !line.includes('tenant="acme"'))).toEqual([]);
    expect(mine.some((line) => line.includes('pipeline="hasty"'))).toBe(true);
    const some = await series(await login(['viewer:shop']));
    expect(some.filter((line) => !line.includes('pipeline="shop"'))).toEqual([]);
    expect(some.length).toBeGreaterThan(0);
    expect(await here.as('').get('/metrics')).toMatchObject(problem(401, 'unauthenticated'));
  });
});

describe('keys', () => {
  test('work at once, until they expire, are revoked, or their secret is rotated away', async () => {
    const { id, key } = await makeKey({ grants: ['operator:shop'] });
    expect(key).toMatch(/^hrk_[0-9a-f]{12}_[\w-]{43}$/);
    expect((await here.as(key).post('/v1/pipelines/shop/execute', {})).status).toBe(201);
    const admin = here.as(here.adminKey);
    const rotated = (await admin.post(`/v1/keys/${id}/rotate`, { graceSeconds: 3_600 })).body as { key: string };
    for (const secret of [key, rotated.key]) expect((await here.as(secret).get('/v1/pipelines')).status).toBe(200);
    const again = (await admin.post(`/v1/keys/${id}/rotate`, { graceSeconds: 0 })).body as { key: string };
    for (const secret of [key, rotated.key]) expect(await here.as(secret).get('/v1/pipelines')).toMatchObject(problem(401, 'unauthenticated'));
    expect((await here.as(again.key).get('/v1/pipelines')).status).toBe(200);
    expect(await admin.post(`/v1/keys/${id}/revoke`)).toMatchObject({ status: 200, body: { status: 'REVOKED' } });
    expect(await here.as(again.key).get('/v1/pipelines')).toMatchObject(problem(401, 'unauthenticated'));
    expect(await admin.post(`/v1/keys/${id}/rotate`, {})).toMatchObject(problem(409, 'key_revoked'));
    expect(await admin.post('/v1/keys/000000000000/revoke')).toMatchObject(problem(404, 'unknown_key'));
    const expired = await makeKey({ expiresAt: new Date(Date.now() - 1_000).toISOString() });
    expect(await here.as(expired.key).get('/v1/pipelines')).toMatchObject(problem(401, 'unauthenticated'));
  });

  test('that end in a year that databases or their drivers do not know end in the nearest one', async () => {
    const years = ['0000', '0013', '0099', '0100', '9999'];
    const made = await Promise.all(years.map((year) => makeKey({ expiresAt: `${year}-12-31T23:59:59-12:00` })));
    const { keys } = (await here.as(here.adminKey).get('/v1/keys')).body as { keys: { id: string; expiresAt?: string }[] };
    const ends = made.map(({ id }) => keys.find((it) => it.id === id)?.expiresAt?.slice(0, 4));
    expect(ends).toEqual(['0100', '0100', '0100', '0101', '9999']);
  });

  test('are kept as hashes only, and what is done with them is in the audit log', async () => {
    const name = `nightly-${randomUUID()}`;
    const { id, key } = await makeKey({ name });
    await here.as(key).get('/v1/pipelines');
    const { database } = await here.record.registry();
    const row = await until(
      () => database.selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
      ({ last_used_at }) => last_used_at !== null,
    );
    // The secret may hold any letter of base64url, `_` too.
    expect(JSON.stringify(row)).not.toContain(key.slice(`hrk_${id}_`.length));
    const entries = await database.selectFrom('audit_log').selectAll().where('subject', '=', id).execute();
    expect(entries).toMatchObject([{ actor: 'key:admin key', action: 'key.create', tenant: 'default', details: { name, grants: ['viewer'] } }]);
    expect(await verifyAuditLog(database)).not.toHaveProperty('broken');
    expect((await here.as(here.adminKey).get('/v1/keys')).body.keys).toContainEqual(expect.objectContaining({ id, name, createdBy: 'key:admin key' }));
    expect(await here.as(here.adminKey).post('/v1/keys', { name, grants: ['viewer'] })).toMatchObject(problem(409, 'key_exists'));
  });

  test("are an admin's business, and of the own tenant", async () => {
    const name = `theirs-${randomUUID()}`;
    const other = await makeKey({ name, grants: ['admin'] }, '?tenant=umbrella');
    const theirs = here.as(other.key);
    expect((await theirs.get('/v1/keys')).body.keys).toContainEqual(expect.objectContaining({ name, tenant: 'umbrella' }));
    expect(await theirs.get('/v1/keys?tenant=acme')).toMatchObject(problem(403, 'forbidden'));
    expect(await theirs.post('/v1/keys?tenant=acme', { name: 'x', grants: ['admin'] })).toMatchObject(problem(403, 'forbidden'));
    const mine = await makeKey({});
    expect(await theirs.post(`/v1/keys/${mine.id}/revoke`)).toMatchObject(problem(404, 'unknown_key'));
    for (const grants of [['viewer'], ['operator', 'approver'], ['admin:shop']]) {
      expect(await (await login(grants)).get('/v1/keys')).toMatchObject(problem(403, 'forbidden'));
    }
  });
});
