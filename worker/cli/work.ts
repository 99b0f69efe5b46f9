import { type NativeConnection, Runtime } from '@temporalio/worker';
import colors from 'picocolors';
import { closeEngines } from '../../activities/engines/open-engine.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { readSecurity } from '../../sdk/node/client/temporal-security.js';
import { Connections } from '../../sdk/node/connections/connections.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { readEncryption } from '../../sdk/node/encryption/read-key-ring.js';
import { resolveTrust } from '../auth/index.js';
import { type RunRecord, recordingInterceptor } from '../events/index.js';
import { readBundle } from '../host/bundle-file.js';
import type { Catalogue } from '../host/catalogue.js';
import { connectNative } from '../host/connect-native.js';
import { makeRecord } from '../host/make-record.js';
import { makeWorker } from '../host/run-worker.js';
import { requireSearchAttributes } from '../host/search-attributes.js';
import { temporalLogger } from '../logging/temporal-logger.js';
import { startTelemetry } from '../telemetry/telemetry.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import type { Settings } from './settings.js';

/**
 * Hosts a folder until SIGTERM or SIGINT, then drains.
 *
 * @throws HeadraceError what makes the folder unusable, no_temporal, search_attributes_missing, bad_key, missing_secret
 */
export async function runWorker(settings: Settings, { bundleFile, drain }: { bundleFile?: string; drain: number }): Promise<void> {
  const { namespace, taskQueue, concurrency, file } = settings;
  const encryption = readEncryption(file)?.ring;
  const telemetry = await startTelemetry({ metrics: settings.metrics, runtime: true, report: (it) => console.log(it) });
  Runtime.install({ logger: temporalLogger({ encrypted: encryption !== undefined }), telemetryOptions: telemetry.telemetryOptions });
  const catalogue = await loadCatalogue(settings.pipelines);
  console.log(describeCatalogue(catalogue));
  requireClean(catalogue);
  const bundle = bundleFile === undefined ? undefined : readBundle(bundleFile, catalogue);
  const decisionKeys = resolveTrust(settings.auth);
  const connection: NativeConnection = await connectNative(settings.address, readSecurity(settings.security));
  await requireSearchAttributes(connection, namespace);
  const record = await openRecord(settings, catalogue, encryption);
  const interceptors = record && { activity: [recordingInterceptor(record)] };
  const connections = Connections.read(file);
  const worker = await makeWorker({
    catalogue,
    connections,
    connection,
    namespace,
    taskQueue,
    concurrency,
    bundle,
    drain,
    interceptors,
    encryption,
    decisionKeys,
  });
  console.log(colors.dim(`works on ${taskQueue} in ${namespace}; SIGTERM drains`));
  await worker.run();
  await Promise.all([closeEngines(), record?.close(), telemetry.stop()]);
  await connection.close();
}

/** Where a registry is configured, a worker keeps the record of runs too; an embedded one belongs to the process that serves the API. */
async function openRecord(
  { address, namespace, taskQueue, record, security }: Settings,
  catalogue: Catalogue,
  encryption?: KeyRing,
): Promise<RunRecord | undefined> {
  if (record.registry === undefined) return undefined;
  return makeRecord(await connectTemporal({ address, namespace, taskQueue, encryption, ...readSecurity(security) }), catalogue, record).begin();
}
