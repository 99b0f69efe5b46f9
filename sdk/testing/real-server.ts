import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startTemporal } from '../../worker/dev/temporal-server.js';
import { connectNative } from '../../worker/host/connect-native.js';
import { requireSearchAttributes } from '../../worker/host/search-attributes.js';
import { Temporal } from '../node/client/temporal.js';
import { readSecurity } from '../node/client/temporal-security.js';
import type { TestServer } from './test-server.js';

/** A server that runs already. @throws HeadraceError no_temporal */
export async function existingServer(address: string, namespace: string, taskQueue: string, security = readSecurity()): Promise<TestServer> {
  const { tls, apiKey } = security;
  const native = await connectNative(address, security);
  await requireSearchAttributes(native, namespace);
  const connection = await Connection.connect({ address, tls, apiKey });
  const client = new Client({ connection, namespace });
  return {
    temporal: new Temporal(client, connection, address, namespace, taskQueue),
    native,
    client,
    namespace,
    skipsTime: false,
    now: async () => Date.now(),
    pass: async (milliseconds) => void (await wait(milliseconds)),
    close: async () => {
      await connection.close();
      await native.close();
    },
  };
}

/** A dev server that lives until it is closed. @throws HeadraceError no_temporal */
export async function devServer(taskQueue: string): Promise<TestServer> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  const process = await startTemporal({ stateFolder });
  const server = await existingServer(process.address, process.namespace, taskQueue, {});
  const close = async () => {
    await server.close();
    await process.stop();
    await rm(stateFolder, { recursive: true, force: true });
  };
  return { ...server, close };
}
