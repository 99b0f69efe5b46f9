import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { startTemporal } from 'headrace/worker';

export const namespace = 'matih-pipelines';

/** A server, connections and a client for one benchmark, all gone at its end. */
export async function withTemporal(work: (server: { address: string; client: Client; connection: NativeConnection }) => Promise<void>): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const stateFolder = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
  const server = await startTemporal({ stateFolder });
  try {
    const connection = await NativeConnection.connect({ address: server.address });
    const client = new Client({ connection: await Connection.connect({ address: server.address }), namespace });
    await work({ address: server.address, client, connection });
    await client.connection.close();
    await connection.close();
  } finally {
    await server.stop();
    rmSync(stateFolder, { recursive: true, force: true });
  }
}
