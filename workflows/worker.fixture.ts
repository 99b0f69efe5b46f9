import { Client, Connection, type WorkflowHandle, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import '../test/servers/provided.js';
import { Connections, type Implementations } from '../sdk/node/index.js';
import { bundlePipelines } from '../worker/host/bundle.js';
import { discover } from '../worker/host/discover.js';
import { makeWorker } from '../worker/host/run-worker.js';

/** A worker for the pipelines of one module, and a client that starts them. */
export interface TestWorker {
  client: Client;
  start(pipeline: string, input: unknown): Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** Replays a history against the pipelines as they are. @throws what no longer fits */
  replay(handle: WorkflowHandle): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a worker in this process, on the test run's Temporal and, unless said, a task queue of its own. */
export async function startWorker(
  module: string,
  works: Implementations[],
  connections: Parameters<typeof Connections.of>[0] = {},
  taskQueue = `test-${crypto.randomUUID()}`,
): Promise<TestWorker> {
  const { address, namespace } = inject('temporal');
  const catalogue = await discover(module);
  for (const work of works) catalogue.add(module, { work }, false);
  const refusals = catalogue.refusals.filter(({ error }) => error.code !== 'not_implemented');
  if (refusals.length > 0) throw new Error(refusals.map(({ file, error }) => `${file}: ${error.message}`).join('\n'));
  const bundle = await bundlePipelines(catalogue);
  const connection = await NativeConnection.connect({ address });
  const worker = await makeWorker({
    catalogue,
    connections: Connections.of(connections),
    connection,
    namespace,
    taskQueue,
    bundle,
    concurrency: 50,
    drain: 1_000,
  });
  const running = worker.run();
  const ours = await Connection.connect({ address });
  const client = new Client({ connection: ours, namespace });
  return {
    client,
    start: (pipeline, input) =>
      client.workflow.start(pipeline, { taskQueue, workflowId: `test-${pipeline}-${crypto.randomUUID().slice(0, 8)}`, args: [input] }),
    replay: async (handle) => Worker.runReplayHistory({ workflowBundle: bundle }, await handle.fetchHistory(), handle.workflowId),
    stop: async () => {
      worker.shutdown();
      await running;
      await ours.close();
      await connection.close();
    },
  };
}
