import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { Client } from '../../sdk/node/client.js';
import { startApi } from '../api/index.js';
import { makeRecord } from '../host/make-record.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import type { Settings } from './settings.js';
import { untilStopped } from './until-stopped.js';

/** Serves the API until SIGTERM or SIGINT. */
export async function serveApi(settings: Settings, port: number, host: string): Promise<void> {
  const catalogue = await loadCatalogue(settings.pipelines);
  console.log(describeCatalogue(catalogue));
  requireClean(catalogue);
  const temporal = await connectTemporal({ address: settings.address, namespace: settings.namespace, taskQueue: settings.taskQueue });
  const record = makeRecord(temporal, catalogue, settings.record).begin();
  const api = await startApi({ client: new Client(temporal), catalogue, record, port, host });
  console.log(`API ${api.url}`);
  await untilStopped();
  await api.stop();
  await record.close();
  await temporal.close();
  process.exit();
}
