import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { Connections } from '../../sdk/node/connections/connections.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { payloadCodec } from '../../sdk/node/encryption/payload.js';
import { implement } from '../../sdk/node/implement.js';
import { Catalogue } from './catalogue.js';
import * as probes from './probe.js';
import { makeWorker } from './run-worker.js';
import { ownFile } from './source.js';

const steps = 20;

/** Milliseconds that a sequential step costs on a server, measured by a worker of this process on a queue of its own. */
export async function measureStep(connection: NativeConnection, namespace: string, encryption?: KeyRing): Promise<number> {
  const catalogue = new Catalogue('');
  catalogue.add(ownFile('worker/host/probe'), { ...probes, work: implement({ probeStep: probes.probeStep }, { probeStep: async () => undefined }) }, true);
  const taskQueue = `headrace-doctor-${randomUUID()}`;
  const worker = await makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, taskQueue, encryption });
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [payloadCodec(encryption)] } });
  const options = { taskQueue, workflowId: taskQueue, args: [{ steps }], workflowExecutionTimeout: '2 minutes' };
  return worker.runUntil(async () => ((await client.workflow.execute('headrace_probe', options)) as { milliseconds: number }).milliseconds);
}
