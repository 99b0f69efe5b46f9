import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { openSecured, type Secured } from './secured.fixture.js';

let here: Secured;

beforeAll(async () => {
  here = await openSecured(inject('temporal'));
});

afterAll(() => here.close());

type Person = ReturnType<Secured['as']>;

const problem = (status: number, code: string) => ({ status, body: { code, status } });
const yes = { decision: 'approve', answer: { reason: 'due' } };

async function login(sub: string, roles = ['operator', 'approver', 'finance']): Promise<Person> {
  return here.as(await here.issuer.token({ roles, tenant: 'acme', sub }));
}

/** The workflow id of the run that asks. */
async function startAsking(by: Person, pipeline = 'payout'): Promise<string> {
  const { workflowId } = (await by.post(`/v1/pipelines/${pipeline}/execute`, {})).body as { workflowId: string };
  const { children } = await until(
    () => by.status(workflowId) as Promise<{ pendingSignals: unknown[]; children: { workflowId: string }[] }>,
    (it) => it.pendingSignals.length + it.children.length > 0,
  );
  const asking = children[0]?.workflowId ?? workflowId;
  await until(
    () => by.status(asking),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
  return asking;
}

const decide = (by: Person, workflowId: string, body: object = yes) => by.post(`${by.run(workflowId)}/approvals/sign_off`, body);

describe('an approval of two people of finance, of whom none started the run', () => {
  test('is decided by them, and by nobody who has not the role, started it, or approved before', async () => {
    const [ann, bob, cyd] = await Promise.all(['ann', 'bob', 'cyd'].map((name) => login(name)));
    const workflowId = await startAsking(ann as Person);
    const length = async () => (await here.workshop.temporal.workflow.getHandle(workflowId).describe()).historyLength;
    const before = await length();
    expect(await decide(ann as Person, workflowId)).toMatchObject(problem(403, 'own_run'));
    expect(await decide(await login('dan', ['approver']), workflowId)).toMatchObject(problem(403, 'wrong_role'));
    expect(await decide(await login('dan', ['approver', 'finance:shop']), workflowId)).toMatchObject(problem(403, 'wrong_role'));
    expect(await decide(await login('dan', ['admin']), workflowId)).toMatchObject(problem(403, 'wrong_role'));
    expect(await decide(await login('dan', ['viewer', 'finance']), workflowId)).toMatchObject(problem(403, 'forbidden'));
    expect(await decide(bob as Person, workflowId, { ...yes, by: 'eve' })).toMatchObject(problem(422, 'wrong_input'));
    expect(await decide(bob as Person, workflowId, { ...yes, roles: ['finance'] })).toMatchObject(problem(422, 'wrong_input'));
    expect(await length()).toBe(before);

    expect(await decide(bob as Person, workflowId, { ...yes, decisionId: 'b' })).toMatchObject({ status: 200, body: { by: 'bob', missing: 1 } });
    expect(await decide(bob as Person, workflowId)).toMatchObject(problem(409, 'already_decided'));
    expect(await decide(bob as Person, workflowId, { ...yes, decisionId: 'b' })).toMatchObject({ status: 200, body: { missing: 1 } });
    expect(await decide(cyd as Person, workflowId, { ...yes, decisionId: 'b' })).toMatchObject(problem(409, 'decision_id_used'));
    expect(await (bob as Person).status(workflowId)).toMatchObject({
      status: 'WAITING_FOR_APPROVAL',
      pendingSignals: [{ name: 'sign_off', required: 2, missing: 1, roles: ['finance'], notStarter: true, approved: [{ by: 'bob' }] }],
      approvals: [],
    });
    const { body } = await until(
      () => (bob as Person).get('/v1/approvals?pipeline=payout'),
      (it) => it.body.approvals.some((wait: { missing: number }) => wait.missing === 1),
    );
    expect(body.approvals).toMatchObject([{ workflowId, required: 2, roles: ['finance'], notStarter: true, approved: [{ by: 'bob' }] }]);

    const last = await decide(cyd as Person, workflowId);
    expect(last).toMatchObject({ status: 200, body: { decision: 'approve', by: 'cyd' } });
    expect(last.body).not.toHaveProperty('missing');
    const ended = await until(
      () => (bob as Person).status(workflowId),
      ({ endedAt }) => endedAt !== undefined,
    );
    expect(ended).toMatchObject({
      status: 'SUCCEEDED',
      output: { reasons: ['bob: due', 'cyd: due'] },
      approvals: [{ decision: 'approve', by: 'cyd', approved: [{ by: 'bob' }] }],
    });
    const recorded = await until(
      () => (bob as Person).get((bob as Person).run(workflowId)),
      (it) => it.body.approvals?.length === 1,
    );
    expect(recorded.body).toMatchObject({ startedBy: 'ann', approvals: [{ by: 'cyd', approved: [{ by: 'bob', answer: { reason: 'due' } }] }] });
  });

  test('asked by a child, is not decided by who started its parent', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const child = await startAsking(ann, 'payday');
    expect(await decide(ann, child, { decision: 'decline' })).toMatchObject(problem(403, 'own_run'));
    expect(await decide(bob, child, { decision: 'decline' })).toMatchObject({ status: 200, body: { decision: 'decline' } });
  });

  test('is described with who may decide', async () => {
    const { body } = await (await login('ann')).get('/v1/pipelines/payout');
    expect(body.approvals).toMatchObject([{ id: 'sign_off', required: 2, roles: ['finance'], notStarter: true }]);
  });
});
