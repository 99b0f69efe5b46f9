import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { cuttableLine } from '../fixtures/cuttable-line.fixture.js';
import { hasty, mall, rounds, shop } from '../fixtures/pipelines/shop.js';
import { openWorkshop, until, type Workshop } from '../fixtures/workshop.fixture.js';
import { connect } from '../index.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop(inject('temporal'));
  await workshop.startWorker();
});

afterAll(() => workshop.close());

test('start says at once what is wrong with the input, and asks nothing of Temporal', async () => {
  await expect(workshop.client.start(shop, { orders: 3 as never })).rejects.toMatchObject({
    name: 'ValidationError',
    code: 'wrong_input',
    message: expect.stringMatching(/orders/),
  });
  await expect(workshop.client.start(shop, { orders: ['x'.repeat(2_100_000)] })).rejects.toMatchObject({ code: 'payload_too_large' });
});

describe('what only types refuse is said with its cause and fix to those who have none', () => {
  const client = () => workshop.client;
  const text = (value: unknown) => value as string;
  test.each<[string, () => Promise<unknown>, RegExp, RegExp]>([
    ['a pipeline by its id', () => client().start('shop' as never, {}), /takes a pipeline, .*; this is the text 'shop'/, /Import the pipeline/],
    ['no pipeline', () => client().start(undefined as never, {}), /this is undefined/, /Import the pipeline/],
    ['a module in place of a pipeline', () => client().start({ shop } as never, {}), /this is an object/, /Import the pipeline/],
    ['no options', () => client().start(shop, {}, null as never), /object of options.*this is null/, /types/],
    ['a misspelt option', () => client().start(shop, {}, { idempotencykey: 'a' } as never), /workflowId, idempotencyKey.*'idempotencykey'/, /types/],
    ['a number as workflow id', () => client().start(shop, {}, { workflowId: text(3) }), /workflowId is a text; this is a number/, /types/],
    ['no input', () => client().start(shop, undefined as never), /input of pipeline shop is wrong: .*undefined/, /schema/],
    ['no workflow id', async () => client().run(text(undefined)), /workflow id is a text; this is undefined/, /types/],
    ['an empty workflow id', async () => client().run(''), /this is an empty text/, /types/],
    ['a run of a pipeline by its id', async () => client().run('a', 'shop' as never), /takes a pipeline/, /Import/],
    ['a state in small letters', () => client().runs({ status: 'running' as never }), /one of RUNNING, .*'running'/, /types/],
    ['a filter by a pipeline itself', () => client().runs({ pipeline: shop as never }), /pipeline is a text; this is an object/, /types/],
    ['a decision on nothing', () => client().run('a').approve(text(undefined)), /named by its id, .*undefined/, /types/],
    ['a decline of nothing', () => client().run('a').decline(text({})), /named by its id, .*an object/, /types/],
    ['an address in place of options', () => connect('127.0.0.1:7233' as never), /object of options: address, .*'127/, /types/],
    ['a misspelt option of connect', () => connect({ adress: '127.0.0.1:7233' } as never), /options address, .*'adress'/, /types/],
  ])('%s', async (_, misuse, message, fix) => {
    await expect(misuse()).rejects.toMatchObject({ message: expect.stringMatching(message), fix: expect.stringMatching(fix) });
  });
});

test('a run carries its pipeline, tenant and deadline in Temporal', async () => {
  const run = await workshop.client.start(hasty, { ms: 0 }, { tenant: 'acme' });
  const { raw, typedSearchAttributes } = await workshop.temporal.workflow.getHandle(run.workflowId).describe();
  const attributes = typedSearchAttributes
    .getAll()
    .filter(({ key }) => key.name.startsWith('Headrace'))
    .map(({ key, value }) => [key.name, value]);
  expect(Object.fromEntries(attributes)).toEqual({ HeadraceState: 'RUNNING', HeadracePipeline: 'hasty', HeadraceTenant: 'acme' });
  expect(Number(String(raw.executionConfig?.workflowExecutionTimeout?.seconds))).toBe(12 * 3_600 + 1);
  const endless = await workshop.client.start(rounds, { left: 0 });
  const { raw: without } = await workshop.temporal.workflow.getHandle(endless.workflowId).describe();
  expect(Number(String(without.executionConfig?.workflowExecutionTimeout?.seconds ?? 0))).toBe(0);
});

test("a workflow id of one's own is used once", async () => {
  const workflowId = `own-${randomUUID()}`;
  await (await workshop.client.start(shop, {}, { workflowId })).result();
  await expect(workshop.client.start(shop, {}, { workflowId })).rejects.toMatchObject({ code: 'run_exists' });
});

test('the same idempotency key of two tenants is two runs', async () => {
  const idempotencyKey = randomUUID();
  const one = await workshop.client.start(shop, {}, { idempotencyKey, tenant: 'a' });
  const other = await workshop.client.start(shop, {}, { idempotencyKey, tenant: 'b' });
  expect(one.workflowId).not.toBe(other.workflowId);
});

test('the same idempotency key gives the first run id, also after it continued as new', async () => {
  const idempotencyKey = randomUUID();
  const first = await workshop.client.start(rounds, { left: 1 }, { idempotencyKey });
  const { left }: { left: number } = await first.result();
  expect(left).toBe(0);
  const again = await workshop.client.start(rounds, { left: 1 }, { idempotencyKey });
  expect([again.workflowId, again.runId]).toEqual([first.workflowId, first.runId]);
  const listed = await until(
    () => workshop.client.runs({ pipeline: 'rounds' }),
    ({ runs }) => runs.some(({ workflowId, status }) => workflowId === first.workflowId && status === 'SUCCEEDED'),
  );
  expect(listed.runs.filter(({ workflowId }) => workflowId === first.workflowId)).toMatchObject([{ runId: first.runId }]);
});

test('a decision id that decided another approval is refused', async () => {
  const run = await workshop.client.start(mall, { ask: true });
  const child = workshop.client.run(`${run.workflowId}-shop-1`);
  await until(
    () => child.status().catch(() => undefined),
    (status) => status?.status === 'WAITING_FOR_APPROVAL',
  );
  await child.approve('release', { reason: 'x' }, { decisionId: 'one' });
  await expect(child.approve('confirm', undefined, { decisionId: 'one' })).rejects.toMatchObject({ code: expect.stringMatching(/decision_id_used|run_ended/) });
  expect(await run.result()).toEqual({ orders: 1 });
});

test('an answer is checked by the approval before it is sent', async () => {
  const run = workshop.client.run('nobody');
  const { release } = await import('../fixtures/pipelines/shop.js');
  await expect(run.approve(release, { reason: '' })).rejects.toMatchObject({ code: 'wrong_answer' });
  await expect(run.approve(release, { reason: 'x' })).rejects.toMatchObject({ code: 'unknown_run' });
  await expect(run.status()).rejects.toMatchObject({ code: 'unknown_run' });
  await expect(run.result()).rejects.toMatchObject({ code: 'unknown_run' });
  await expect(run.cancel()).rejects.toMatchObject({ code: 'unknown_run' });
});

test('where no Temporal is, connecting says so within seconds', async () => {
  const begun = Date.now();
  await expect(connect({ address: '127.0.0.1:1', namespace: 'default' })).rejects.toMatchObject({
    code: 'no_temporal',
    message: expect.stringMatching(/127\.0\.0\.1:1 /),
    fix: expect.any(String),
  });
  expect(Date.now() - begun).toBeLessThan(7_000);
});

test('a namespace that is not there is named, with the command that makes it', async () => {
  const { address } = inject('temporal');
  await expect(connect({ address, namespace: 'nowhere' })).rejects.toMatchObject({
    code: 'no_temporal',
    message: expect.stringMatching(/'nowhere'/),
    fix: expect.stringMatching(/namespace create/),
  });
});

test('while Temporal is away, questions fail within seconds, and afterwards they are answered again', async () => {
  const { address, namespace } = inject('temporal');
  const line = await cuttableLine(address);
  const client = await connect({ address: line.address, namespace, taskQueue: workshop.taskQueue });
  const run = await client.start(shop, { orders: ['a'], ms: 3_000 });
  const result = run.result();
  line.cut();
  const begun = Date.now();
  await expect(run.status()).rejects.toMatchObject({ code: 'no_temporal' });
  await expect(client.ready()).rejects.toMatchObject({ code: 'no_temporal' });
  expect(Date.now() - begun).toBeLessThan(10_000);
  line.mend();
  await until(
    () =>
      client.ready().then(
        () => true,
        () => false,
      ),
    (ready) => ready,
  );
  expect(await result).toEqual({ status: 'COMPLETED', orders: 1 });
  await client.close();
  line.close();
});
