import { connect } from '../../sdk/node/client.js';
import { startApi } from '../api/index.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import type { Settings } from './settings.js';
import { untilStopped } from './until-stopped.js';

/** Serves the API until SIGTERM or SIGINT. */
export async function serveApi(settings: Settings, port: number, host: string): Promise<void> {
  const catalogue = await loadCatalogue(settings.pipelines);
  console.log(describeCatalogue(catalogue));
  requireClean(catalogue);
  const client = await connect({ address: settings.address, namespace: settings.namespace, taskQueue: settings.taskQueue });
  const api = await startApi({ client, catalogue, port, host });
  console.log(`API ${api.url}`);
  await untilStopped();
  await api.stop();
  await client.close();
  process.exit();
}
