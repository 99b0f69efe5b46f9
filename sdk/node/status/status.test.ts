import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hasty, mall, rounds, shop } from '../fixtures/pipelines/shop.js';
import { lines, openWorkshop, until, type Workshop } from '../fixtures/workshop.fixture.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await openWorkshop(inject('temporal'));
  await workshop.startWorker();
});

afterAll(() => workshop.close());

const start: Workshop['client']['start'] = (...args: Parameters<Workshop['client']['start']>) => workshop.client.start(...args);

test('a run that succeeded has all its lines, in the shape of the specification', async () => {
  const run = await start(shop, { orders: ['a', 'b'] });
  expect(await run.result()).toEqual({ status: 'COMPLETED', orders: 2 });
  const status = await run.status();
  expect(status).toMatchObject({
    workflowId: run.workflowId,
    runId: run.runId,
    status: 'SUCCEEDED',
    currentActivity: null,
    progress: 1,
    retries: 0,
    pendingSignals: [],
    undo: 'NONE',
  });
  expect(lines(status)).toEqual(['pick#1 COMPLETED', 'pick#2 COMPLETED', 'stamp#1 COMPLETED', 'pack#1 COMPLETED']);
  expect(status.activities[0]).toMatchObject({ name: 'pick', rows: 3, attempt: 1, duration: expect.stringMatching(/^\d+(ms|s)$/) });
  expect(status.activities[2]).toMatchObject({ fast: true });
  expect(status.output).toEqual({ status: 'COMPLETED', orders: 2 });
  expect(status.logs).toMatchObject([{ message: 'picking', records: 2 }]);
  expect(new Date(status.startedAt).toISOString()).toBe(status.startedAt);
  expect(status.problem).toBeUndefined();
});

test('a fast step has its line too, with its attempts and its failure', async () => {
  const twice = await start(shop, { stampFails: 2 });
  await twice.result();
  expect(await twice.status()).toMatchObject({
    status: 'SUCCEEDED',
    retries: 2,
    activities: [{ callId: 'stamp#1', fast: true, attempt: 3, status: 'COMPLETED' }, {}],
  });
  const failing = await start(shop, { stampFails: 9 });
  await expect(failing.result()).rejects.toMatchObject({ name: 'StepFailed', step: 'stamp', type: 'RangeError' });
  expect(await failing.status()).toMatchObject({
    status: 'FAILED',
    activities: [{ callId: 'stamp#1', attempt: 3, status: 'FAILED', error: { type: 'RangeError', message: 'attempt 3 failed' } }],
  });
});

test('a fast step took as long as it worked, also where several follow in one task', async () => {
  const run = await start(shop, { stampAgain: [300, 100], orders: ['a'] });
  await run.result();
  const { activities, startedAt, endedAt } = await run.status();
  const fast = activities
    .filter((it) => it.fast === true)
    .map((it) => ({ began: Date.parse(it.startedAt ?? ''), took: Number.parseInt(it.duration ?? '', 10) }));
  const [, longer, shorter] = fast as { began: number; took: number }[];
  expect(longer?.took).toBeGreaterThanOrEqual(299);
  expect(shorter?.took).toBeGreaterThanOrEqual(99);
  for (const [index, { began, took }] of fast.entries()) {
    expect(began).toBeGreaterThanOrEqual(Date.parse(startedAt));
    expect(began + took).toBeLessThanOrEqual((fast[index + 1]?.began ?? Date.parse(endedAt ?? '')) + 1);
  }
});

test('a fast step that was tried again took at least its waits', async () => {
  const run = await start(shop, { stampFails: 2 });
  await run.result();
  const { activities } = await run.status();
  expect(Number.parseInt(activities[0]?.duration ?? '', 10)).toBeGreaterThanOrEqual(40);
});

test('a step that a stopping worker gave up and another one did is one line', async () => {
  const run = await start(shop, { orders: ['a'], packMs: 1_000 });
  await until(
    () => run.status(),
    ({ activities }) => activities.at(-1)?.callId === 'pack#1' && activities.at(-1)?.status === 'RUNNING',
  );
  await workshop.stopWorker();
  await workshop.startWorker();
  await run.result();
  const status = await run.status();
  expect(lines(status)).toEqual(['pick#1 COMPLETED', 'stamp#1 COMPLETED', 'pack#1 COMPLETED']);
  expect(status).toMatchObject({ status: 'SUCCEEDED', retries: 1 });
  expect(status.activities[2]).toMatchObject({ attempt: 2 });
  expect(status.activities[2]).not.toHaveProperty('error');
});

test('progress is measured by the last success of the pipeline', async () => {
  const before = await start(mall, {});
  await before.result();
  const long = await start(shop, { orders: ['a', 'b', 'c', 'd', 'e', 'f'] });
  await long.result();
  await until(
    () => workshop.client.runs({ pipeline: 'shop', status: 'SUCCEEDED' }),
    ({ runs }) => runs.some(({ workflowId }) => workflowId === long.workflowId),
  );
  const run = await start(shop, { orders: ['a'], ask: true });
  const waiting = await until(
    () => run.status(),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
  expect(waiting.progress).toBe(0.25);
  await run.cancel();
});

test('a history of many megabytes is read', async () => {
  const run = await start(shop, { orders: ['x'.repeat(1_900_000)] });
  await run.result();
  expect(lines(await run.status())).toEqual(['pick#1 COMPLETED', 'stamp#1 COMPLETED', 'pack#1 COMPLETED']);
});

test('a step that was left out is a line with its reason', async () => {
  const run = await start(shop, {});
  await run.result();
  expect((await run.status()).activities.at(-1)).toMatchObject({ name: 'pack', status: 'SKIPPED', reason: 'nothing to pack' });
});

test('a run that waits between two attempts is RETRYING and counts them', async () => {
  const run = await start(shop, { orders: ['a'], fail: 2 });
  const retrying = await until(
    () => run.status(),
    ({ status }) => status === 'RETRYING',
  );
  expect(retrying.activities[0]).toMatchObject({
    status: 'RETRYING',
    error: { type: 'RangeError', message: expect.stringMatching(/attempt \d failed/) },
    nextAttemptAt: expect.any(String),
  });
  expect(retrying.currentActivity).toBe('pick');
  await run.result();
  expect(await run.status()).toMatchObject({ status: 'SUCCEEDED', retries: 2, activities: [{ attempt: 3, status: 'COMPLETED' }, {}, {}] });
});

test('a run that waits for people lists what it asks, with the form of the answer', async () => {
  const run = await start(shop, { orders: ['a'], ask: true });
  const waiting = await until(
    () => run.status(),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
  expect(waiting.pendingSignals).toMatchObject([
    { name: 'release', id: 'release#1', question: 'Send this order?', evidence: { orders: ['a'] }, schema: { properties: { reason: {} } } },
  ]);
  expect(waiting.progress).toBeGreaterThan(0);
  expect(waiting.progress).toBeLessThan(1);
  await run.approve('release', { reason: 'it is paid' }, { by: 'ann', decisionId: 'd1' });
  await run.result();
  expect(await run.status()).toMatchObject({
    status: 'SUCCEEDED',
    approvals: [{ id: 'release#1', decision: 'approve', by: 'ann', decisionId: 'd1', answer: { reason: 'it is paid' } }],
  });
});

test('a failed run says what failed, where, and that it was undone', async () => {
  const run = await start(shop, { orders: ['a'], packFails: true, undo: 0 });
  await expect(run.result()).rejects.toMatchObject({ name: 'StepFailed', step: 'pack', type: 'RangeError', callId: 'pack#1' });
  const status = await run.status();
  expect(status).toMatchObject({ status: 'FAILED', undo: 'DONE', error: { type: 'StepFailed', code: 'step_failed', where: 'pack#1' }, currentActivity: null });
  expect(status.activities.at(-1)).toMatchObject({ callId: 'unpack#1', undo: true, status: 'COMPLETED' });
  expect(status.progress).toBeLessThan(1);
});

test('while it undoes, a run says so', async () => {
  const run = await start(shop, { orders: ['a'], packFails: true, undo: 1_500 });
  const undoing = await until(
    () => run.status(),
    ({ undo, currentActivity }) => undo === 'RUNNING' && currentActivity === 'unpack',
  );
  expect(undoing.status).toBe('RUNNING');
  await expect(run.result()).rejects.toThrow();
});

test('a declined run is CANCELLED with the reason', async () => {
  const run = await start(shop, { ask: true });
  await until(
    () => run.status(),
    ({ pendingSignals }) => pendingSignals.length > 0,
  );
  await run.decline('release', { comment: 'not paid', by: 'bob' });
  await expect(run.result()).rejects.toMatchObject({ name: 'Declined', message: 'not paid', by: 'bob' });
  expect(await run.status()).toMatchObject({ status: 'CANCELLED', reason: 'not paid', approvals: [{ decision: 'decline', by: 'bob' }] });
});

test('an approval that nobody decides expires', async () => {
  const run = await start(shop, { ask: true, within: 300 });
  await expect(run.result()).rejects.toMatchObject({ name: 'ApprovalExpired' });
  expect(await run.status()).toMatchObject({ status: 'CANCELLED', pendingSignals: [], approvals: [{ decision: 'expired' }] });
});

test('a cancelled run is CANCELLED and undone; what it waited for is withdrawn', async () => {
  const run = await start(shop, { ask: true, undo: 0 });
  await until(
    () => run.status(),
    ({ pendingSignals }) => pendingSignals.length > 0,
  );
  await run.cancel();
  await expect(run.result()).rejects.toMatchObject({ name: 'CancelledError' });
  expect(await run.status()).toMatchObject({ status: 'CANCELLED', undo: 'DONE', cancelRequested: true, approvals: [{ decision: 'withdrawn' }] });
  await expect(run.cancel()).rejects.toMatchObject({ code: 'run_ended' });
});

test.each(['CANCELLED', 'ROLLED_BACK'] as const)('a run that ends itself %s has its output and that state', async (end) => {
  const run = await start(shop, { orders: ['a'], end, undo: 0 });
  expect(await run.result()).toEqual({ status: end, orders: 1 });
  expect(await run.status()).toMatchObject({ status: end, output: { status: end }, undo: 'DONE' });
});

test('a run past its deadline is TIMED_OUT', async () => {
  const run = await start(hasty, { ms: 5_000 });
  await expect(run.result()).rejects.toMatchObject({ name: 'RunTimedOut' });
  expect(await run.status()).toMatchObject({ status: 'TIMED_OUT', error: { type: 'RunTimedOut', code: 'run_timed_out' } });
});

test('a terminated run is TERMINATED, its open step abandoned, and what was done uncompensated', async () => {
  const run = await start(shop, { orders: ['a'], ms: 3_000, undo: 0 });
  await until(
    () => run.status(),
    ({ activities }) => activities[0]?.status === 'RUNNING',
  );
  await workshop.temporal.workflow.getHandle(run.workflowId).terminate('enough');
  await expect(run.result()).rejects.toMatchObject({ name: 'TerminatedError' });
  expect(await run.status()).toMatchObject({
    status: 'TERMINATED',
    reason: 'enough',
    undo: 'UNCOMPENSATED',
    currentActivity: null,
    activities: [{ status: 'ABANDONED' }],
  });
});

test('a child is listed with its workflow id, and progress is what the pipeline says', async () => {
  const run = await start(mall, { ask: true });
  const waiting = await until(
    () => run.status(),
    ({ children }) => children[0]?.status === 'RUNNING',
  );
  expect(waiting).toMatchObject({ progress: 0.25, children: [{ name: 'shop', workflowId: `${run.workflowId}-shop-1`, runId: expect.any(String) }] });
  const child = workshop.client.run(`${run.workflowId}-shop-1`);
  await until(
    () => child.status(),
    ({ pendingSignals }) => pendingSignals.length > 0,
  );
  await child.approve('release', { reason: 'yes' });
  await run.result();
  expect(await run.status()).toMatchObject({ status: 'SUCCEEDED', progress: 1, children: [{ status: 'SUCCEEDED' }] });
});

test('a run that continued as new keeps its identity and its beginning', async () => {
  const run = await start(rounds, { left: 2 });
  expect(await run.result()).toEqual({ left: 0 });
  const status = await run.status();
  expect(status).toMatchObject({ runId: run.runId, status: 'SUCCEEDED', activities: [{ callId: 'pick#1' }] });
  const first = await workshop.temporal.workflow.getHandle(run.workflowId, run.runId).describe();
  expect(status.startedAt).toBe(first.startTime.toISOString());
});

test('retries are those of all its executions', async () => {
  const run = await start(rounds, { left: 4, fail: 1 });
  await run.result();
  expect((await run.status()).retries).toBe(3);
  // Each answer reads some of the earlier executions.
  expect(await until(run.status.bind(run), ({ retries }) => retries === 4)).toMatchObject({ status: 'SUCCEEDED', activities: [{ attempt: 1 }] });
});

test('a reset run keeps its identity', async () => {
  const run = await start(shop, { orders: ['a'] });
  await run.result();
  const { events } = await workshop.temporal.workflow.getHandle(run.workflowId).fetchHistory();
  const firstTask = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed != null)?.eventId;
  const execution = { workflowId: run.workflowId, runId: run.runId };
  await workshop.temporal.workflowService.resetWorkflowExecution({
    namespace: inject('temporal').namespace,
    workflowExecution: execution,
    workflowTaskFinishEventId: firstTask,
    requestId: 'reset',
    reason: 'once more',
  });
  const status = await until(
    () => run.status(),
    (it) => it.status === 'SUCCEEDED',
  );
  expect(status).toMatchObject({ runId: run.runId, retries: 0 });
  expect(lines(status)).toEqual(['pick#1 COMPLETED', 'stamp#1 COMPLETED', 'pack#1 COMPLETED']);
});

test('a run whose workflow type no worker knows says why it does not move', async () => {
  const handle = await workshop.temporal.workflow.start('nobody_knows_me', { workflowId: `unknown-${Date.now()}`, taskQueue: workshop.taskQueue });
  const run = workshop.client.run(handle.workflowId);
  const status = await until(
    () => run.status(),
    ({ problem }) => problem !== undefined,
  );
  expect(status).toMatchObject({ status: 'RUNNING', problem: expect.stringMatching(/nobody_knows_me/) });
  await handle.terminate();
});

test('with all workers stopped the status is right, and says that nobody works', async () => {
  const run = await start(shop, { orders: ['a', 'b'], ask: true });
  await until(
    () => run.status(),
    ({ pendingSignals }) => pendingSignals.length > 0,
  );
  await workshop.stopWorker();
  try {
    const status = await run.status();
    expect(status).toMatchObject({ status: 'WAITING_FOR_APPROVAL', pendingSignals: [{ name: 'release' }] });
    expect(lines(status)).toEqual(['pick#1 COMPLETED', 'pick#2 COMPLETED', 'stamp#1 COMPLETED']);
    await expect(run.approve('release', { reason: 'x' }, { within: 1_500, decisionId: 'late' })).rejects.toMatchObject({ code: 'no_worker' });
  } finally {
    await workshop.startWorker();
  }
  await run.approve('release', { reason: 'x' }, { decisionId: 'late' });
  await run.result();
});
