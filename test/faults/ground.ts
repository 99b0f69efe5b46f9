import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { inject, type TestContext } from 'vitest';
import '../servers/provided.js';
import { type Client, connect } from '../../sdk/node/client.js';
import { type EncryptionKey, KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { payloadCodec } from '../../sdk/node/encryption/payload.js';
import type { RunStatus } from '../../sdk/node/status/run-status.js';
import { until } from './until.js';

/** Where worker processes of one test, or of one file, work: a task queue, a lake and a settings file of their own. */
export interface Ground {
  /** The folder of the pipelines. */
  pipelines: string;
  namespace: string;
  taskQueue: string;
  /** The folder of the connection `lake`. */
  lake: string;
  /** What a process needs to work here. */
  environment: NodeJS.ProcessEnv;
  client: Client;
  /** Temporal's own client, for what Headrace's cannot and must not do. */
  temporal: TemporalClient;
  status(workflowId: string): Promise<RunStatus>;
  /** Waits until a run has ended. */
  ended(workflowId: string, limit?: number): Promise<RunStatus>;
  /** Waits until the step `hold` of that name works. */
  held(name: string): Promise<unknown>;
  /** Lets it go on. */
  go(name: string): void;
  /** The lines that steps wrote so far. */
  journal(): string[];
  /** Something to clear away when the ground is left, the last first. */
  atEnd(clear: () => unknown): void;
  leave(): Promise<void>;
}

export const postgresUrl = inject('postgresUrl');

/** The pipelines that the fault tests run. */
export const ownPipelines = fileURLToPath(new URL('./pipelines', import.meta.url));

/** A ground of one test, left at its end. */
export async function groundOf({ onTestFinished }: TestContext): Promise<Ground> {
  const opened = await openGround();
  onTestFinished(() => opened.leave());
  return opened;
}

/** Opens a ground on the test run's servers. */
export async function openGround({
  pipelines = ownPipelines,
  connections = {},
  encryption,
  temporal = inject('temporal'),
}: {
  pipelines?: string;
  /** The keys of worker, API and client. */
  encryption?: readonly EncryptionKey[];
  connections?: Record<string, unknown>;
  /** Another than the test run's. */
  temporal?: { address: string; namespace: string };
} = {}): Promise<Ground> {
  const { address, namespace } = temporal;
  const folder = mkdtempSync(join(tmpdir(), 'headrace-faults-'));
  const lake = join(folder, 'lake');
  const settings = join(folder, 'headrace.json');
  const journalFile = join(folder, 'journal');
  const journal = () => (existsSync(journalFile) ? readFileSync(journalFile, 'utf8').trim().split('\n') : []);
  const postgres = postgresUrl === undefined ? {} : { warehouse: { kind: 'postgres', url: postgresUrl } };
  writeFileSync(
    settings,
    JSON.stringify({ connections: { lake: { kind: 'duckdb', folder: lake }, console: { kind: 'console' }, ...postgres, ...connections } }),
  );
  const taskQueue = `faults-${randomUUID()}`;
  const client = await connect({ address, namespace, taskQueue, encryption });
  const connection = await Connection.connect({ address });
  const clears: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true }), () => client.close(), () => connection.close()];
  const status = (workflowId: string) => client.run(workflowId).status();
  return {
    pipelines,
    namespace,
    taskQueue,
    lake,
    environment: {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      HEADRACE_TASK_QUEUE: taskQueue,
      HEADRACE_SETTINGS: settings,
      HEADRACE_JOURNAL: journalFile,
      HEADRACE_CONCURRENCY: '50',
      ...(encryption === undefined ? {} : { HEADRACE_ENCRYPTION_KEYS: encryption.map(({ id, key }) => `${id}:${key}`).join() }),
    },
    client,
    temporal: new TemporalClient({ connection, namespace, dataConverter: { payloadCodecs: [payloadCodec(encryption && KeyRing.of(encryption))] } }),
    status,
    ended: (workflowId, limit = 90_000) =>
      until(
        () => status(workflowId),
        ({ endedAt }) => endedAt !== undefined,
        { limit, every: 200 },
      ),
    held: (name) => until(journal, (lines) => lines.includes(`holds ${name}`)),
    go: (name) => writeFileSync(`${journalFile}.${name}.go`, ''),
    journal,
    atEnd: (clear) => void clears.push(clear),
    leave: async () => {
      for (const clear of clears.reverse()) await clear();
    },
  };
}
