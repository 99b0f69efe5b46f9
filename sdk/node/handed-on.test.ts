import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Connection, Client as TemporalClient, type WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { cuttableLine } from './fixtures/cuttable-line.fixture.js';
import { handedOn } from './handed-on.js';

const { address, namespace } = inject('temporal');
let temporal: TemporalClient;
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  temporal = new TemporalClient({ connection: await Connection.connect({ address }), namespace });
  const workflowsPath = fileURLToPath(new URL('fixtures/one-call.cjs', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
});
afterAll(() => temporal.connection.close());

/** A call whose attempts note how they are told to stop, and what they make of it; the second one ends at once. */
function attempts() {
  const begun: number[] = [];
  const told: { attempt: number; reason: string; handedOn: boolean }[] = [];
  const work = async () => {
    const context = Context.current();
    const { attempt } = context.info;
    begun.push(attempt);
    if (attempt > 1) return;
    const beats = setInterval(() => context.heartbeat(), 200);
    await new Promise((resolve) => context.cancellationSignal.addEventListener('abort', resolve));
    clearInterval(beats);
    told.push({ attempt, reason: (context.cancellationSignal.reason as Error).message, handedOn: await handedOn(context) });
    throw context.cancellationSignal.reason;
  };
  return { begun, told, work };
}

async function startWorker(taskQueue: string, work: () => Promise<void>, at = address) {
  const connection = await NativeConnection.connect({ address: at });
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, activities: { work } });
  const working = worker.run();
  const stop = async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await working;
    await connection.close();
  };
  return { stop };
}

const calls = { startToCloseTimeout: '1 minute', heartbeatTimeout: '2 seconds', retry: { initialInterval: 100 } };
const start = (taskQueue: string, options: object = {}) =>
  temporal.workflow.start('oneCall', { taskQueue, workflowId: taskQueue, args: [{ ...calls, ...options }] });

test.each<[string, object, (run: WorkflowHandle) => Promise<unknown>]>([
  ['is cancelled', {}, (run) => run.cancel()],
  ['is terminated', {}, (run) => run.terminate()],
  ['lets the call take too long', { startToCloseTimeout: '2 seconds' }, async () => undefined],
])(
  'nobody goes on with what a call began when its run %s',
  async (_, options, change) => {
    const taskQueue = `handed-on-${randomUUID()}`;
    const { begun, told, work } = attempts();
    const worker = await startWorker(taskQueue, work);
    onTestFinished(() => worker.stop());
    const run = await start(taskQueue, options);
    await expect.poll(() => begun, { timeout: 20_000 }).toEqual([1]);
    await change(run);
    await expect.poll(() => told, { timeout: 20_000 }).toMatchObject([{ attempt: 1, handedOn: false }]);
  },
  60_000,
);

test.each([
  ['and is heard again while another works on it', 'NOT_FOUND', true],
  ['for long', 'TIMED_OUT', false],
])(
  'another attempt goes on with the call of a worker that is not heard, %s',
  async (_, reason, heardAgain) => {
    const taskQueue = `handed-on-${randomUUID()}`;
    const line = await cuttableLine(address);
    const { begun, told, work } = attempts();
    const lost = await startWorker(taskQueue, work, line.address);
    const run = await start(taskQueue);
    await expect.poll(() => begun, { timeout: 20_000 }).toEqual([1]);
    line.cut();
    const released = new AbortController();
    const another = await startWorker(taskQueue, async () => {
      await work();
      if (heardAgain) await new Promise((resolve) => released.signal.addEventListener('abort', resolve));
    });
    onTestFinished(async () => {
      line.mend();
      released.abort();
      await run.result();
      await Promise.all([lost.stop(), another.stop()]);
      line.close();
    });
    await expect.poll(() => begun, { timeout: 20_000 }).toEqual([1, 2]);
    if (heardAgain) line.mend();
    await expect.poll(() => told, { timeout: 40_000 }).toEqual([{ attempt: 1, reason, handedOn: true }]);
  },
  90_000,
);
