import { hostname } from 'node:os';
import { BinaryProcess, bundleOf } from './binary-process.js';
import type { Ground } from './ground.js';
import { until } from './until.js';

/** Starts a worker on the ground's task queue, and waits until it takes work. */
export async function startWorker(ground: Ground, options: readonly string[] = []): Promise<BinaryProcess> {
  const bundle = await bundleOf(ground.pipelines);
  const worker = new BinaryProcess(['worker', ground.pipelines, '--bundle', bundle, ...options], ground.environment);
  ground.atEnd(() => worker.kill());
  await until(
    async () => worker.isOver || (await polls(ground, worker.pid)),
    (ready) => ready,
    { limit: 60_000, what: () => `the worker polls:\n${worker.output}` },
  );
  if (worker.isOver) throw new Error(`The worker ended while it started:\n${worker.output}`);
  return worker;
}

/** Kills the worker that has a run's step and starts another, and waits until that one has it. */
export async function replaceWorker(ground: Ground, worker: BinaryProcess, workflowId: string, limit: number): Promise<void> {
  await worker.kill();
  await startWorker(ground);
  await until(
    () => ground.status(workflowId),
    ({ retries }) => retries === 1,
    { limit },
  );
}

/** Whether Temporal has seen this process ask for workflow tasks and for activities. */
async function polls({ temporal, namespace, taskQueue }: Ground, pid: number): Promise<boolean> {
  const identity = `${pid}@${hostname()}`;
  const kinds = [1, 2].map(async (taskQueueType) => {
    const { pollers } = await temporal.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType });
    return (pollers ?? []).some((poller) => poller.identity === identity);
  });
  return (await Promise.all(kinds)).every((polled) => polled);
}
