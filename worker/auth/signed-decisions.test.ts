import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { DecideInput } from '../../sdk/authoring/decision.js';
import { signedText } from '../../sdk/authoring/decision-signature.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { signDecision, type Voucher } from '../../sdk/node/client/sign-decision.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { hasty, shop } from '../../sdk/node/fixtures/pipelines/shop.js';
import { openWorkshop, until, type Workshop } from '../../sdk/node/fixtures/workshop.fixture.js';
import { bundlePipelines } from '../host/bundle.js';
import { newSigner } from './signer.fixture.js';

const ours = newSigner();
const foreign = newSigner();
const voucher: Voucher = { signer: ours.signer, tenant: 'acme' };
let workshop: Workshop;
let temporal: Temporal;

beforeAll(async () => {
  workshop = await openWorkshop(inject('temporal'), { decisionKeys: [ours.trusted] });
  temporal = await connectTemporal({ ...inject('temporal'), taskQueue: workshop.taskQueue });
  await workshop.startWorker();
});

afterAll(async () => {
  await temporal.close();
  await workshop.close();
});

const decision: DecideInput = { approval: 'release', decision: 'approve', decisionId: 'one', answer: { reason: 'paid' }, by: 'ada', roles: ['approver'] };
const handle = (workflowId: string) => workshop.temporal.workflow.getHandle(workflowId);
const historyLength = async (workflowId: string) => (await handle(workflowId).describe()).historyLength;
const raw = (workflowId: string, input: unknown) => handle(workflowId).executeUpdate('decide', { args: [input] });
const status = (workflowId: string) => workshop.client.run(workflowId).status();

async function startWaiting(input: object = {}): Promise<string> {
  const { workflowId } = await workshop.client.start(shop, { ask: true, ...input }, { tenant: 'acme' });
  await until(
    () => status(workflowId),
    (it) => it.status === 'WAITING_FOR_APPROVAL',
  );
  return workflowId;
}

async function refusal(sent: Promise<unknown>): Promise<string> {
  const error = await sent.then(
    () => undefined,
    (it: unknown) => it,
  );
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  const { cause } = error as WorkflowUpdateFailedError & { cause: { message: string; details: [{ code: string }] } };
  expect(cause.details[0].code).toBe('untrusted_decision');
  return cause.message;
}

test('a decision of a raw client that is not signed, or not by a trusted key, is refused without an event', async () => {
  const workflowId = await startWaiting();
  const before = await historyLength(workflowId);
  expect(await refusal(raw(workflowId, decision))).toMatch(/not signed/);
  expect(await refusal(raw(workflowId, await signDecision(temporal, workflowId, decision, { ...voucher, signer: foreign.signer })))).toMatch(
    /none that this worker trusts/,
  );
  const borrowed = { ...foreign.signer, key: ours.signer.key };
  expect(await refusal(raw(workflowId, await signDecision(temporal, workflowId, decision, { ...voucher, signer: borrowed })))).toMatch(/does not fit/);
  await expect(workshop.client.run(workflowId).approve('release', { reason: 'paid' })).rejects.toMatchObject({ code: 'untrusted_decision' });
  expect(await historyLength(workflowId)).toBe(before);
});

test('a signed decision counts as it is, and is refused without an event when anything of it is changed', async () => {
  const workflowId = await startWaiting();
  const before = await historyLength(workflowId);
  const signed = await signDecision(temporal, workflowId, decision, voucher);
  const { signature } = signed;
  const changes: object[] = [
    { decision: 'decline' },
    { answer: { reason: 'stolen' } },
    { answer: { reason: 'paid', more: 1 } },
    { by: 'eve' },
    { by: undefined },
    { roles: ['approver', 'finance'] },
    { comment: 'fine' },
    { decisionId: 'two' },
    { approval: 'confirm' },
    { approval: 'release#1' },
    { signature: { ...signature, tenant: 'umbrella' } },
    { signature: { ...signature, at: new Date(Date.now() + 1_000).toISOString() } },
    { signature: { ...signature, value: signature?.value.split('').reverse().join('') } },
    { signature: { ...signature, value: '' } },
    { signature: { ...signature, value: 'zz'.repeat(64) } },
    { signature: { ...signature, value: '0'.repeat(128) } },
  ];
  for (const change of changes)
    expect([change, await refusal(raw(workflowId, { ...signed, ...change }))]).toEqual([change, expect.stringMatching(/does not fit/)]);
  const elsewhere = await startWaiting();
  expect(await refusal(raw(elsewhere, signed))).toMatch(/does not fit/);
  expect(await historyLength(workflowId)).toBe(before);
  expect(await raw(workflowId, signed)).toMatchObject({ decision: 'approve', by: 'ada', answer: { reason: 'paid' } });
});

test('a signature of another tenant, or one that is old, is refused', async () => {
  const workflowId = await startWaiting();
  expect(await refusal(raw(workflowId, await signDecision(temporal, workflowId, decision, { ...voucher, tenant: 'umbrella' })))).toMatch(/another tenant/);
  const { runId } = await status(workflowId);
  for (const minutes of [-6, 6]) {
    const stamp = { key: ours.signer.key, at: new Date(Date.now() + minutes * 60_000).toISOString(), tenant: 'acme' };
    const value = ours.signer.sign(signedText({ workflowId, runId }, decision, stamp));
    expect(await refusal(raw(workflowId, { ...decision, signature: { ...stamp, value } }))).toMatch(/its signature is of/);
  }
});

test('signals that decide are ignored and listed, and cancel still cancels', async () => {
  const workflowId = await startWaiting({ undo: 0 });
  await handle(workflowId).signal('approve', { answer: { reason: 'paid' } });
  await handle(workflowId).signal('release', { answer: { reason: 'paid' } });
  const told = await until(
    () => status(workflowId),
    ({ ignoredSignals }) => ignoredSignals.length === 2,
  );
  expect(told).toMatchObject({
    status: 'WAITING_FOR_APPROVAL',
    ignoredSignals: [{ name: 'approve', reason: expect.stringMatching(/signed/) }, { name: 'release' }],
  });
  await handle(workflowId).signal('cancel');
  const ended = await until(
    () => status(workflowId),
    ({ endedAt }) => endedAt !== undefined,
  );
  expect(ended).toMatchObject({ status: 'CANCELLED', undo: 'DONE', approvals: [{ decision: 'withdrawn' }] });
});

test('what was decided or ignored is replayed alike by workers that trust these keys, others, or none', async () => {
  const [decided, ignored, before] = [await startWaiting(), await startWaiting(), await startWaiting()];
  await raw(decided, await signDecision(temporal, decided, decision, voucher));
  await handle(ignored).signal('approve', { answer: { reason: 'paid' } });
  await until(
    () => status(ignored),
    ({ ignoredSignals }) => ignoredSignals.length === 1,
  );
  await workshop.stopWorker();
  await workshop.startWorker({});
  await handle(before).signal('approve', { answer: { reason: 'paid' } });
  for (const workflowId of [decided, before]) expect(await handle(workflowId).result()).toMatchObject({ status: 'COMPLETED' });
  await raw(ignored, { ...decision, decisionId: randomUUID() });
  expect(await handle(ignored).result()).toMatchObject({ status: 'COMPLETED' });
  const bundle = await bundlePipelines(workshop.catalogue);
  const histories = await Promise.all([decided, ignored, before].map(async (workflowId) => ({ workflowId, history: await handle(workflowId).fetchHistory() })));
  for (const keys of [undefined, [ours.trusted], [foreign.trusted]]) {
    const code = keys === undefined ? bundle.code : `globalThis.headraceDecisionKeys = ${JSON.stringify(keys)}; ${bundle.code}`;
    for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { code } }, histories))
      expect([workflowId, error]).toEqual([workflowId, undefined]);
  }
  await workshop.stopWorker();
  await workshop.startWorker();
});

test('a run that nobody signals has no event more than without signatures', async () => {
  const signed = await workshop.client.start(hasty, { ms: 0 }, { tenant: 'acme' });
  await signed.result();
  await workshop.stopWorker();
  await workshop.startWorker({});
  const plain = await workshop.client.start(hasty, { ms: 0 }, { tenant: 'acme' });
  await plain.result();
  expect(await historyLength(signed.workflowId)).toBe(await historyLength(plain.workflowId));
});
