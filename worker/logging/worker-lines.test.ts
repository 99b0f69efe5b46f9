import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Client, connect } from '../../sdk/node/client.js';
import { Connections } from '../../sdk/node/connections/connections.js';
import { discover } from '../host/discover.js';
import { makeWorker } from '../host/run-worker.js';
import { telling } from './fixtures/pipelines/telling.js';
import { makeLog } from './log.js';
import { coreLogging, temporalLogger } from './temporal-logger.js';

const { address, namespace } = inject('temporal');
const written: string[] = [];
let client: Client;
let stop: () => Promise<void>;

beforeAll(async () => {
  const log = makeLog({ level: 'info', format: 'json', write: (line) => written.push(line) });
  Runtime.install({ logger: temporalLogger({ log }), telemetryOptions: { logging: coreLogging } });
  const taskQueue = `lines-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address });
  const catalogue = await discover(join(import.meta.dirname, 'fixtures/pipelines'));
  const worker = await makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, taskQueue, drain: 200 });
  const running = worker.run();
  client = await connect({ address, namespace, taskQueue });
  stop = async () => {
    worker.shutdown();
    await running;
    await client.close();
    await connection.close();
  };
});
afterAll(() => stop());

/** Runs a pipeline to its end; gives what a worker has written about the run. */
async function linesOf(tenant: string | undefined, lines: string[]) {
  const { workflowId, runId } = await client.start(telling, { lines }, tenant === undefined ? {} : { tenant });
  await expect(client.run(workflowId).result()).rejects.toThrow('It stumbled.');
  const read = () => written.map((line) => JSON.parse(line) as Record<string, unknown>).filter((entry) => entry.workflowId === workflowId);
  await expect.poll(() => read().at(-1)?.msg).toBe('Run failed');
  const entries = read();
  expect(entries.map((entry) => entry.runId)).toEqual(entries.map(() => runId));
  return entries.map(({ tenant: whose, callId, msg }) => ({ tenant: whose, callId, msg }));
}

test("each line about a run says its tenant: the pipeline's, its steps' in their order, and Temporal's", async () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const all = await Promise.all(['acme', 'umbrella', undefined].map((tenant) => linesOf(tenant, lines)));
  for (const [index, tenant] of ['acme', 'umbrella', 'default'].entries())
    expect(all[index]).toEqual([
      { tenant, callId: undefined, msg: 'begins' },
      ...lines.map((msg) => ({ tenant, callId: 'tell#1', msg })),
      { tenant, callId: 'stumble#1', msg: 'Step failed' },
      { tenant, callId: undefined, msg: 'Run failed' },
    ]);
  expect(written.map((line) => JSON.parse(line) as { count?: number }).flatMap(({ count }) => count ?? [])).toContain(1);
});

test('the line of a step that said nothing before it failed says its tenant too', async () => {
  expect(await linesOf('acme', [])).toContainEqual({ tenant: 'acme', callId: 'stumble#1', msg: 'Step failed' });
});
