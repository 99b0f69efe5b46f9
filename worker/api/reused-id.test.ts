import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { runTenant } from '../../sdk/authoring/run-memo.js';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { openSecured, type Secured } from './secured.fixture.js';

let here: Secured;

beforeAll(async () => {
  here = await openSecured(inject('temporal'));
});

afterAll(() => here.close());

const login = async (tenant: string, ...roles: string[]) => here.as(await here.issuer.token({ roles, tenant, sub: `of-${tenant}` }));

/** A run of a tenant as a client of Temporal may start it, with an id that was used before. */
function start(pipeline: string, workflowId: string, tenant: string, input: object) {
  const { temporal, taskQueue } = here.workshop;
  return temporal.workflow.start(pipeline, {
    workflowId,
    taskQueue,
    args: [input],
    typedSearchAttributes: [{ key: runTenant, value: tenant }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  });
}

test('a run under an id that was another tenant’s is its own tenant’s alone, and each keeps its record', async () => {
  const workflowId = `reused-${randomUUID()}`;
  const [acme, umbrella] = await Promise.all([login('acme', 'operator', 'approver'), login('umbrella', 'operator', 'approver')]);
  const run = acme.run(workflowId);
  await (await start('shop', workflowId, 'acme', { orders: ['a'] })).result();
  await until(
    () => acme.get(run),
    ({ body }) => body.endedAt !== undefined,
  );
  expect((await acme.get(`${run}/status`)).status).toBe(200);

  await start('shop', workflowId, 'umbrella', { orders: ['SECRET-OF-UMBRELLA'], ask: true });
  const { body } = await until(
    () => umbrella.get(`${run}/status`),
    (it) => (it.body.pendingSignals as unknown[] | undefined)?.length === 1,
  );
  const approval = (body.pendingSignals as { id: string }[])[0]?.id ?? '';
  await until(
    () => umbrella.get(run),
    (it) => it.status === 200,
  );

  const tries = [
    acme.get(`${run}/status`),
    acme.get(`${run}/approvals`),
    acme.post(`${run}/approvals/${approval}`, { decision: 'decline' }),
    acme.post(`${run}/signal`, { name: 'approve' }),
    acme.post(`${run}/signal`, { name: 'cancel' }),
    acme.post(`${run}/cancel`),
  ];
  for (const answer of await Promise.all(tries)) expect(answer).toMatchObject({ status: 404, body: { code: 'unknown_run' } });
  for (const part of ['', '/calls', '/children', '/history', '/logs', '/events']) {
    const [theirs, own] = await Promise.all([acme.get(run + part), umbrella.get(run + part)]);
    expect([part, theirs.status, own.status]).toEqual([part, 200, 200]);
    expect(JSON.stringify(theirs.body)).not.toContain('UMBRELLA');
  }
  expect((await acme.get(run)).body).toMatchObject({ status: 'SUCCEEDED' });
  expect((await umbrella.post(`${run}/cancel`)).status).toBe(202);
});

test('a grant on one pipeline shows no run of another one under the same id', async () => {
  const workflowId = `reused-${randomUUID()}`;
  const [granted, all] = await Promise.all([login('acme', 'operator:shop'), login('acme', 'viewer')]);
  const run = granted.run(workflowId);
  const first = await start('shop', workflowId, 'acme', { orders: ['a'] });
  await first.result();
  await until(
    () => granted.get(run),
    ({ body }) => body.endedAt !== undefined,
  );
  const other = [...here.workshop.catalogue.pipelines.keys()].find((id) => id !== 'shop') ?? '';
  await start(other, workflowId, 'acme', {});
  await until(
    () => all.get(run),
    ({ body }) => body.pipeline === other,
  );
  for (const part of ['', '/status', '/calls', `?runId=${(await all.get(run)).body.runId}`]) {
    expect([part, (await granted.get(run + part)).status]).toEqual([part, 404]);
  }
});
