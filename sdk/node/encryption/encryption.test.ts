import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { replay, saveHistory } from '../../testing/index.js';
import { type Client, connect } from '../client.js';
import { shop } from '../fixtures/pipelines/shop.js';
import { lines, openWorkshop, until, type Workshop } from '../fixtures/workshop.fixture.js';
import { protocol } from '../protocol.js';
import { KeyRing, newKey } from './key-ring.js';

const [first, second] = [newKey('first'), newKey('second')];
const before = KeyRing.of([first]);
const after = KeyRing.of([second, first]);
const { address, namespace } = inject('temporal');
const others: Client[] = [];
let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop({ address, namespace }, { encryption: before });
  await workshop.startWorker();
});

afterAll(async () => {
  await workshop.close();
  for (const client of others) await client.close();
});

async function reader(encryption?: KeyRing): Promise<Client> {
  const client = await connect({ address, namespace, taskQueue: workshop.taskQueue, encryption });
  others.push(client);
  return client;
}

const waits = (client: Client, workflowId: string) =>
  until(
    () => client.run(workflowId).status(),
    ({ pendingSignals }) => pendingSignals.length > 0,
  );

async function bytesOf(workflowId: string): Promise<string> {
  const { events } = await workshop.temporal.workflow.getHandle(workflowId).fetchHistory();
  const { History } = protocol.temporal.api.history.v1;
  return Buffer.from(History.encode({ events }).finish()).toString('latin1');
}

async function keysIn(workflowId: string): Promise<string[]> {
  const ids = (await bytesOf(workflowId)).matchAll(/encryption-key-id..(first|second)/gs);
  return [...new Set([...ids].map(([, id]) => id as string))].sort();
}

test('a run that is encrypted is told as any other: steps, evidence, answer, logs and output', async () => {
  const run = await workshop.client.start(shop, { orders: ['planted'], ask: true, undo: 0 });
  const waiting = await waits(workshop.client, run.workflowId);
  expect(waiting.pendingSignals).toMatchObject([{ name: 'release', evidence: { orders: ['planted'] } }]);
  await run.approve('release', { reason: 'paid' }, { comment: 'yes' });
  expect(await run.result()).toEqual({ status: 'COMPLETED', orders: 1 });
  const status = await run.status();
  expect(status).toMatchObject({ status: 'SUCCEEDED', output: { orders: 1 }, logs: [{ message: 'picking', records: 1 }] });
  expect(status.approvals).toMatchObject([{ answer: { reason: 'paid' }, comment: 'yes' }]);
  expect(lines(status)).toEqual(['pick#1 COMPLETED', 'stamp#1 COMPLETED', 'pack#1 COMPLETED']);
  expect(await keysIn(run.workflowId)).toEqual(['first']);
});

test('errors and their causes are encrypted, and read', async () => {
  const run = await workshop.client.start(shop, { orders: ['a'], packFails: true });
  await expect(run.result()).rejects.toMatchObject({ name: 'StepFailed', message: 'pack#1 failed: attempt 1 failed', type: 'RangeError' });
  expect(await run.status()).toMatchObject({
    status: 'FAILED',
    error: { type: 'StepFailed', code: 'step_failed', message: 'pack#1 failed: attempt 1 failed' },
    activities: [{}, {}, { error: { type: 'RangeError', message: 'attempt 1 failed' } }],
  });
  const bytes = await bytesOf(run.workflowId);
  expect(bytes).toContain('Encoded failure');
  expect(bytes).not.toContain('attempt 1 failed');
  expect(bytes).not.toContain('shop-work.ts');
});

test('an attempt that failed says why while the next one is waited for', async () => {
  const run = await workshop.client.start(shop, { orders: ['a'], fail: 3 });
  const retrying = await until(
    () => run.status(),
    ({ status }) => status === 'RETRYING',
  );
  expect(retrying.activities[0]?.error).toMatchObject({ type: 'RangeError', message: expect.stringMatching(/^attempt \d failed$/) });
  await run.result();
});

test('as much is taken encrypted as in plain, and what is refused is refused as in plain', async () => {
  const run = await workshop.client.start(shop, { orders: ['x'.repeat(1_999_000 - 300)] });
  expect(await run.result()).toMatchObject({ status: 'COMPLETED' });
  await expect(workshop.client.start(shop, { orders: ['x'.repeat(2_000_000)] })).rejects.toMatchObject({ code: 'payload_too_large' });
});

test('the same key with the same input starts one run, also when its input is encrypted', async () => {
  const options = { idempotencyKey: `encrypted-${Date.now()}` };
  const { runId } = await workshop.client.start(shop, {}, options);
  expect((await workshop.client.start(shop, {}, options)).runId).toBe(runId);
  await expect(workshop.client.start(shop, { orders: ['other'] }, options)).rejects.toMatchObject({ code: 'idempotency_conflict' });
});

describe('a key is replaced', () => {
  test('while a run waits: it goes on under the new one, and ends', async () => {
    await workshop.stopWorker();
    await workshop.startWorker({ encryption: before });
    const run = await workshop.client.start(shop, { orders: ['a'], ask: true });
    await waits(workshop.client, run.workflowId);
    await workshop.stopWorker();
    await workshop.startWorker({ encryption: after });
    const client = await reader(after);
    await client.run(run.workflowId).approve('release', { reason: 'paid' });
    expect(await client.run(run.workflowId).result()).toMatchObject({ status: 'COMPLETED' });
    expect(await keysIn(run.workflowId)).toEqual(['first', 'second']);
    expect(await client.run(run.workflowId).status()).toMatchObject({ status: 'SUCCEEDED', approvals: [{ answer: { reason: 'paid' } }] });
  });

  test('too early: the run says which key its worker lacks, and goes on when a worker has it', async () => {
    const { stopWorker, startWorker } = workshop;
    await stopWorker();
    await startWorker({ encryption: before });
    const run = await workshop.client.start(shop, { orders: ['a'], ask: true });
    await waits(workshop.client, run.workflowId);
    await stopWorker();
    await startWorker({ encryption: KeyRing.of([second]) });
    const client = await reader(after);
    await expect(client.run(run.workflowId).approve('release', { reason: 'paid' }, { within: 1_500, decisionId: 'd' })).rejects.toMatchObject({
      code: 'no_worker',
    });
    const stuck = await until(
      () => client.run(run.workflowId).status(),
      ({ problem }) => problem !== undefined,
    );
    expect(stuck).toMatchObject({ status: 'WAITING_FOR_APPROVAL', problem: expect.stringMatching(/cannot go on.*key 'first'.*keys here are second/) });
    await stopWorker();
    await startWorker({ encryption: after });
    await client.run(run.workflowId).approve('release', { reason: 'paid' }, { decisionId: 'd' });
    expect(await client.run(run.workflowId).result()).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a reader without the key', () => {
  beforeAll(async () => {
    await workshop.stopWorker();
    await workshop.startWorker();
  });

  test.each([
    ['another key', KeyRing.of([second]), 'missing_key'],
    ['no key', undefined, 'missing_key'],
    ['another key of the same name', KeyRing.of([{ ...second, id: 'first' }]), 'undecipherable'],
  ])('with %s is told so, with the fix, and its lists go on', async (_, ring, code) => {
    const run = await workshop.client.start(shop, { orders: ['a'], ask: true });
    await until(
      () => workshop.client.run(run.workflowId).status(),
      ({ pendingSignals }) => pendingSignals.length > 0,
    );
    const client = await reader(ring);
    const refusal = { name: 'HeadraceError', code, where: 'first', fix: expect.any(String), message: expect.stringMatching(/'first'/) };
    await expect(client.run(run.workflowId).status()).rejects.toMatchObject(refusal);
    const listed = await until(
      () => client.runs({ pipeline: 'shop' }),
      ({ runs }) => runs.some(({ workflowId }) => workflowId === run.workflowId),
    );
    expect(listed.runs.find(({ workflowId }) => workflowId === run.workflowId)).toMatchObject({ pipeline: 'shop', waiting: [] });
    await workshop.client.run(run.workflowId).cancel();
    await expect(workshop.client.run(run.workflowId).result()).rejects.toMatchObject({ code: 'cancelled' });
    const ended = await workshop.client.start(shop, { orders: ['a'] });
    await workshop.client
      .run(ended.workflowId)
      .result()
      .catch(() => undefined);
    await expect(client.run(ended.workflowId).result()).rejects.toMatchObject(refusal);
  });
});

test('a run from before encryption is read and goes on encrypted', async () => {
  const plain = await reader();
  await workshop.stopWorker();
  await workshop.startWorker({});
  const run = await plain.start(shop, { orders: ['a'], ask: true });
  await waits(plain, run.workflowId);
  expect(await keysIn(run.workflowId)).toEqual([]);
  await workshop.stopWorker();
  await workshop.startWorker();
  await workshop.client.run(run.workflowId).approve('release', { reason: 'paid' });
  expect(await workshop.client.run(run.workflowId).result()).toMatchObject({ status: 'COMPLETED' });
  expect(await keysIn(run.workflowId)).toEqual(['first']);
});

test('a history is saved as the server has it, and replays with its keys', async () => {
  const run = await workshop.client.start(shop, { orders: ['planted'], packFails: true, undo: 0 });
  await run.result().catch(() => undefined);
  const file = join(await mkdtemp(join(tmpdir(), 'headrace-history-')), 'history.json');
  await saveHistory(run.workflowId, file, { address, namespace, encryption: after });
  expect(await readFile(file, 'utf8')).not.toContain('json/plain');
  const folder = new URL('../fixtures/pipelines', import.meta.url);
  expect(await replay(file, { folder, encryption: after })).toEqual([{ workflowId: run.workflowId, file }]);
  await expect(replay(file, { folder, encryption: KeyRing.of([second]) })).rejects.toMatchObject({
    code: 'missing_key',
    message: expect.stringMatching(/'first'/),
  });
});
