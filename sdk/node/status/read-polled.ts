import type { Temporal } from '../client/temporal.js';
import { milliseconds } from './history-event.js';
import type { Polled } from './problem.js';

const workflowTasks = 1;
/** A worker's poll lasts a minute: one that was last seen longer ago has gone. Milliseconds. */
const pollLasts = 70_000;

/** How many workers poll a task queue; undefined where Temporal does not say. */
export async function readPolled(temporal: Temporal, taskQueue: string): Promise<Polled | undefined> {
  const request = { namespace: temporal.namespace, taskQueue: { name: taskQueue }, taskQueueType: workflowTasks };
  const answer = await temporal.ask(({ workflowService }) => workflowService.describeTaskQueue(request)).catch(() => undefined);
  if (answer === undefined) return undefined;
  const since = Date.now() - pollLasts;
  return { taskQueue, pollers: answer.pollers.filter(({ lastAccessTime }) => milliseconds(lastAccessTime) > since).length };
}
