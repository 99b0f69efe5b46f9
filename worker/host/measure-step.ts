import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { Connections } from '../../sdk/node/connections/connections.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { payloadCodec } from '../../sdk/node/encryption/payload.js';
import { implement } from '../../sdk/node/implement.js';
import { type HistoryEvent, milliseconds } from '../../sdk/node/status/history-event.js';
import { Catalogue } from './catalogue.js';
import * as probes from './probe.js';
import { makeWorker } from './run-worker.js';
import { ownFile } from './source.js';

const steps = 20;

/** Milliseconds of a sequential step. */
export interface StepTime {
  whole: number;
  /** From the moment that the server has an activity and a workflow task to the moment that a worker which waits for them gets them. */
  queued: number;
}

/** What a sequential step costs on a server, measured by a worker of this process on a queue of its own. */
export async function measureStep(connection: NativeConnection, namespace: string, encryption?: KeyRing): Promise<StepTime> {
  const catalogue = new Catalogue('');
  catalogue.add(ownFile('worker/host/probe'), { ...probes, work: implement({ probeStep: probes.probeStep }, { probeStep: async () => undefined }) }, true);
  const taskQueue = `headrace-doctor-${randomUUID()}`;
  const worker = await makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, taskQueue, encryption });
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [payloadCodec(encryption)] } });
  const options = { taskQueue, workflowId: taskQueue, args: [{ steps }], workflowExecutionTimeout: '2 minutes' };
  return worker.runUntil(async () => {
    const { milliseconds: whole } = (await client.workflow.execute('headrace_probe', options)) as { milliseconds: number };
    const { events } = await client.workflow.getHandle(taskQueue).fetchHistory();
    return { whole, queued: queuedTime(events ?? []) };
  });
}

/** By the server's own clock, and by the middle ones: a machine that is busy makes some late, a server that throttles all. */
function queuedTime(events: readonly HistoryEvent[]): number {
  const times = new Map(events.map(({ eventId, eventTime }) => [String(eventId), milliseconds(eventTime)]));
  const waits = (attributes: 'activityTaskStartedEventAttributes' | 'workflowTaskStartedEventAttributes') =>
    events.flatMap((event) => (event[attributes] ? [milliseconds(event.eventTime) - (times.get(String(event[attributes].scheduledEventId)) ?? 0)] : []));
  return middle(waits('activityTaskStartedEventAttributes')) + middle(waits('workflowTaskStartedEventAttributes'));
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
