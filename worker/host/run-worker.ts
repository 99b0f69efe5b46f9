import { type NativeConnection, Worker, type WorkerInterceptors, type WorkerOptions } from '@temporalio/worker';
import type { TrustedKey } from '../../sdk/authoring/decision-signature.js';
import { asActivity } from '../../sdk/node/as-activity.js';
import type { Connections } from '../../sdk/node/connections/connections.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { bundlePipelines } from './bundle.js';
import type { Catalogue } from './catalogue.js';
import { encrypting } from './encrypting.js';
import { cachedRuns } from './memory.js';
import { trusting } from './trusting.js';

/** Where a worker works. */
export interface WorkerSettings {
  catalogue: Catalogue;
  connections: Connections;
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  /** Activities at once; 10 unless said (SPEC §6). */
  concurrency?: number;
  /** Encrypts what Temporal keeps of runs, errors included. */
  encryption?: KeyRing;
  /** Where decisions are signed: with which keys. */
  decisionKeys?: readonly TrustedKey[];
  /** A bundle made before, such as an image's. */
  bundle?: { code: string };
  /** Milliseconds that steps may go on after the worker was told to stop. */
  drain?: number;
  /** What is told of each step. */
  interceptors?: WorkerInterceptors;
}

const forcedEnd = 10_000;

/**
 * A worker, ready to run: every pipeline and step of the catalogue, on autoscaling pollers, with a cache of runs sized to the memory.
 *
 * @throws HeadraceError when the pipelines cannot be bundled
 */
export async function makeWorker(settings: WorkerSettings): Promise<Worker> {
  const { catalogue, connections, connection, namespace, taskQueue, concurrency = 10, drain = 20_000, interceptors, encryption, decisionKeys } = settings;
  const bundle = settings.bundle ?? (await bundlePipelines(catalogue));
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    ...encrypting(encryption, trusting(decisionKeys, bundle)),
    activities: activitiesOf(catalogue, connections),
    maxConcurrentActivityTaskExecutions: concurrency,
    maxCachedWorkflows: cachedRuns(),
    // A cancellation reaches a step with the answer to a heartbeat, which Temporal else holds back for most of its time-out; and of the 5 seconds that
    // a step of 10 seconds may be silent, that would leave one.
    maxHeartbeatThrottleInterval: '2 seconds',
    shutdownGraceTime: drain,
    shutdownForceTime: drain + forcedEnd,
    interceptors,
    ...pollers,
  });
}

/**
 * How Temporal is asked for work. Its default is two pollers for runs that begin: of a server 50 ms away, half of what a worker can do (`npm run bench -- starts`). How many are needed is
 * learned too slowly for a burst, so that it begins with more.
 */
export const pollers: Partial<WorkerOptions> = {
  workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 20, maximum: 50 },
  // A poller holds a place while it waits: with fewer places than pollers, runs that go on find none behind those that wait for new ones (with 40, tried: 8 runs a second of 41).
  maxConcurrentWorkflowTaskExecutions: 200,
  activityTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 5, maximum: 50 },
};

function activitiesOf(catalogue: Catalogue, connections: Connections): Record<string, (input: unknown) => Promise<unknown>> {
  const done = [...catalogue.steps.values()].flatMap(({ implementation }) => (implementation === undefined ? [] : [implementation]));
  return Object.fromEntries(done.map((it) => [it.step.id, asActivity(it, connections)]));
}
