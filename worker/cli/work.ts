import { type NativeConnection, Runtime } from '@temporalio/worker';
import colors from 'picocolors';
import { closeEngines } from '../../activities/engines/open-engine.js';
import { Connections } from '../../sdk/node/connections/connections.js';
import { connectNative } from '../host/connect-native.js';
import { makeWorker } from '../host/run-worker.js';
import { requireSearchAttributes } from '../host/search-attributes.js';
import { workerLogger } from '../host/worker-logger.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import type { Settings } from './settings.js';

/**
 * Hosts a folder until SIGTERM or SIGINT, then drains.
 *
 * @throws HeadraceError what makes the folder unusable, no_temporal, search_attributes_missing
 */
export async function runWorker(settings: Settings, { bundle, drain }: { bundle?: { code: string }; drain: number }): Promise<void> {
  Runtime.install({ logger: workerLogger() });
  const catalogue = await loadCatalogue(settings.pipelines);
  console.log(describeCatalogue(catalogue));
  requireClean(catalogue);
  const { namespace, taskQueue, concurrency, file } = settings;
  const connection: NativeConnection = await connectNative(settings.address);
  await requireSearchAttributes(connection, namespace);
  const worker = await makeWorker({ catalogue, connections: Connections.read(file), connection, namespace, taskQueue, concurrency, bundle, drain });
  console.log(colors.dim(`works on ${taskQueue} in ${namespace}; SIGTERM drains`));
  await worker.run();
  await closeEngines();
  await connection.close();
}
