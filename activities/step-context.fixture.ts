import type * as z from 'zod';
import { type Connection, Connections, type StepContext } from '../sdk/node/index.js';

/** A step's context for tests, which shows afterwards what the step logged and heartbeat. */
export interface RecordedContext extends StepContext {
  readonly heartbeats: unknown[];
  readonly lines: string[];
}

/** The context of the first attempt of a call, with these connections. */
export function stepContext(connections: Record<string, z.input<typeof Connection>> = {}, changes: Partial<StepContext> = {}): RecordedContext {
  const declared = Connections.of(connections);
  const heartbeats: unknown[] = [];
  const lines: string[] = [];
  const context: RecordedContext = {
    callId: 'step#1',
    workflowId: 'pipeline-test',
    runId: 'run-1',
    pipeline: 'test',
    tenant: async () => 'default',
    attempt: 1,
    timeLimit: 3_600_000,
    key: 'pipeline-test/run-1/step#1',
    signal: new AbortController().signal,
    handedOn: async () => (context.signal.reason as Error).message === 'WORKER_SHUTDOWN',
    resumed: undefined,
    heartbeat: (details) => void heartbeats.push(details),
    log: { info: (message) => void lines.push(message), warn: (message) => void lines.push(message) },
    connection: (name, ...kinds) => declared.get(name, ...kinds),
    ...changes,
    heartbeats,
    lines,
  };
  return context;
}
