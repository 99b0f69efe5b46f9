import { type NativeConnection, Runtime } from '@temporalio/worker';
import { closeEngines } from '../../activities/engines/open-engine.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { readSecurity } from '../../sdk/node/client/temporal-security.js';
import { Connections } from '../../sdk/node/connections/connections.js';
import { readEncryption } from '../../sdk/node/encryption/read-key-ring.js';
import { resolveTrust } from '../auth/index.js';
import type { RunRecord } from '../events/index.js';
import { readBundle } from '../host/bundle-file.js';
import { connectNative } from '../host/connect-native.js';
import { interceptorsOf } from '../host/interceptors.js';
import { makeRecord } from '../host/make-record.js';
import { makeWorker, type WorkerSettings } from '../host/run-worker.js';
import { requireSearchAttributes } from '../host/search-attributes.js';
import { temporalLogger } from '../logging/temporal-logger.js';
import { startTelemetry, type Traces } from '../telemetry/telemetry.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import type { Settings } from './settings.js';
import { colors } from './terminal.js';

/**
 * Hosts a folder until SIGTERM or SIGINT, then drains.
 *
 * @throws HeadraceError what makes the folder unusable, no_temporal, search_attributes_missing, bad_key, missing_secret
 */
export async function runWorker(settings: Settings, { bundleFile, drain }: { bundleFile?: string; drain: number }): Promise<void> {
  const { file } = settings;
  const encryption = readEncryption(file)?.ring;
  const catalogue = await loadCatalogue(settings.pipelines);
  console.log(describeCatalogue(catalogue));
  requireClean(catalogue);
  const bundle = bundleFile === undefined ? undefined : readBundle(bundleFile, catalogue);
  const decisionKeys = resolveTrust(settings.auth);
  const connections = Connections.read(file);
  const telemetry = await startTelemetry({ service: 'headrace-worker', metrics: settings.metrics, runtime: 'wanted', report: (it) => console.log(it) });
  try {
    // As late as this: Temporal's runtime keeps the process alive until its last connection is closed.
    Runtime.install({ logger: temporalLogger({ encrypted: encryption !== undefined }), telemetryOptions: telemetry.telemetryOptions });
    await work(settings, { catalogue, connections, bundle, drain, encryption, decisionKeys }, telemetry.traces);
  } finally {
    await telemetry.stop();
  }
}

type Work = Omit<WorkerSettings, 'connection' | 'interceptors' | 'namespace' | 'taskQueue' | 'concurrency'>;

async function work(settings: Settings, given: Work, traces: Traces | undefined): Promise<void> {
  const { address, security, namespace, taskQueue, concurrency } = settings;
  const connection: NativeConnection = await connectNative(address, readSecurity(security));
  let record: RunRecord | undefined;
  try {
    await requireSearchAttributes(connection, namespace);
    record = await openRecord(settings, given, traces);
    const interceptors = { activity: interceptorsOf({ record, traces, encryption: given.encryption }) };
    const worker = await makeWorker({ ...given, connection, namespace, taskQueue, concurrency, interceptors });
    console.log(colors.dim(`works on ${taskQueue} in ${namespace}; SIGTERM drains`));
    await worker.run();
  } finally {
    await Promise.all([closeEngines(), record?.close()]);
    await connection.close();
  }
}

/** Where a registry is configured, a worker keeps the record of runs too; an embedded one belongs to the process that serves the API. */
async function openRecord(
  { address, namespace, taskQueue, record, security }: Settings,
  { catalogue, encryption }: Work,
  traces: Traces | undefined,
): Promise<RunRecord | undefined> {
  if (record.registry === undefined) return undefined;
  return makeRecord(await connectTemporal({ address, namespace, taskQueue, encryption, ...readSecurity(security) }), catalogue, record, {
    recorded: traces?.recorded,
  }).begin();
}
