import type { Worker } from '@temporalio/worker';
import { closeEngines } from '../../activities/engines/open-engine.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { readSecurity } from '../../sdk/node/client/temporal-security.js';
import { Client } from '../../sdk/node/client.js';
import { Connections } from '../../sdk/node/connections/connections.js';
import { readEncryption } from '../../sdk/node/encryption/read-key-ring.js';
import { startApi } from '../api/index.js';
import { Authenticator, resolveAuth, resolveTrust } from '../auth/index.js';
import { describeCatalogue, loadCatalogue } from '../cli/load-catalogue.js';
import { bundlePipelines } from '../host/bundle.js';
import type { Catalogue } from '../host/catalogue.js';
import { connectNative } from '../host/connect-native.js';
import { interceptorsOf } from '../host/interceptors.js';
import { makeRecord } from '../host/make-record.js';
import { makeWorker } from '../host/run-worker.js';
import { readyWorkflows } from '../host/source.js';
import { recordSource } from '../telemetry/record-source.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { HostSettings, Prepared } from './host-messages.js';

/** A worker and an API that are ready, and do nothing before `serve`. */
export interface Host {
  prepared: Prepared;
  /** Polls and listens. @returns the API's URL */
  serve(): Promise<string>;
  /** Closes the API and takes no further work. */
  release(): Promise<void>;
  /** Waits for the steps that run, within the worker's grace. */
  drain(): Promise<void>;
}

const drainTime = 3_000;
const recordWithin = 2_000;
/** Temporal has just answered who started this; bundling, beside it, takes the time of a slow machine. */
const connectWithin = 60_000;

/**
 * Loads and bundles the pipelines of a folder and connects to Temporal.
 *
 * @param telemetry of the process: the API shows its metrics
 * @throws HeadraceError when nothing can be hosted
 */
export async function prepareHost(settings: HostSettings, telemetry: Telemetry): Promise<Host> {
  const catalogue = await loadCatalogue(settings.folder);
  const { address, namespace, taskQueue, concurrency } = settings;
  const connections = Connections.read(settings.settingsFile);
  const encryption = readEncryption(settings.settingsFile);
  const security = settings.security === undefined ? { tls: false } : readSecurity(settings.security);
  const [bundle, connection, temporal] = await Promise.all([
    bundlePipelines(catalogue, settings.cacheFolder),
    connectNative(address, security),
    connectTemporal({ address, namespace, taskQueue, encryption: encryption?.ring, within: connectWithin, ...security }),
  ]);
  const ofRecord = { folder: settings.registryFolder, recorded: telemetry.traces?.recorded, tenants: settings.auth !== undefined };
  const record = makeRecord(temporal, catalogue, settings.record, ofRecord);
  telemetry.show(recordSource(() => record.database));
  const authenticator = settings.auth && new Authenticator(resolveAuth(settings.auth), async () => (await record.registry()).database);
  const interceptors = { activity: interceptorsOf({ record, traces: telemetry.traces, encryption: encryption?.ring }) };
  const worker = await makeWorker({
    catalogue,
    connections,
    connection,
    namespace,
    taskQueue,
    concurrency,
    bundle,
    drain: drainTime,
    interceptors,
    encryption: encryption?.ring,
    decisionKeys: resolveTrust(settings.auth),
  });
  let api: { url: string; stop(): Promise<void> } | undefined;
  let running: Promise<void> | undefined;
  return {
    prepared: preparedFrom(catalogue),
    serve: async () => {
      running = run(worker);
      // Opening takes a second of work, and what a change is tried with comes first.
      record.begin(recordWithin);
      const open = encryption && { ...encryption, origins: [...encryption.origins, ...originsOf(settings.uiUrl)] };
      const context = {
        client: new Client(temporal),
        catalogue,
        record,
        sources: telemetry.ofTemporal,
        authenticator,
        encryption: open,
        uiUrl: settings.uiUrl,
      };
      api = await startApi({ ...context, port: settings.apiPort, anyPort: settings.anyPort, host: '127.0.0.1', limits: settings.limits });
      return api.url;
    },
    release: async () => {
      await api?.stop();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      // The next host becomes the registry's owner: what still runs here is told by the histories.
      await record.close();
    },
    drain: async () => {
      await running;
      await closeEngines();
    },
  };
}

function preparedFrom(catalogue: Catalogue): Prepared {
  const refused = catalogue.refusals.map(({ file, error: { message, code, fix } }) => ({ file, message, code, fix }));
  return { found: describeCatalogue(catalogue), refused, hosted: catalogue.ownFiles() };
}

/** A browser may know this machine by either name. */
function originsOf(uiUrl: string | undefined): string[] {
  return uiUrl === undefined ? [] : [uiUrl, uiUrl.replace('127.0.0.1', 'localhost')];
}

/** Loads and bundles the ready workflows alone: what the next change needs is then loaded, and compiled by V8. */
export async function warmUp(): Promise<void> {
  await bundlePipelines(await loadCatalogue(readyWorkflows));
}

async function run(worker: Worker): Promise<void> {
  try {
    await worker.run();
  } catch (error) {
    throw new HeadraceError(`The worker stopped: ${(error as Error).message}`, { cause: error });
  }
}
