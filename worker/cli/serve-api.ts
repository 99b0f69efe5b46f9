import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { readSecurity } from '../../sdk/node/client/temporal-security.js';
import { Client } from '../../sdk/node/client.js';
import { readEncryption } from '../../sdk/node/encryption/read-key-ring.js';
import { startApi } from '../api/index.js';
import { Authenticator, resolveAuth } from '../auth/index.js';
import { makeRecord } from '../host/make-record.js';
import { recordSource } from '../telemetry/record-source.js';
import { startTelemetry } from '../telemetry/telemetry.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import type { Settings } from './settings.js';
import { untilStopped } from './until-stopped.js';

/** Serves the API until SIGTERM or SIGINT. */
export async function serveApi(settings: Settings, port: number, host: string): Promise<void> {
  // From here on: a container's first process does not hear a signal that it has no listener for.
  const stopped = untilStopped();
  const catalogue = await loadCatalogue(settings.pipelines);
  console.log(describeCatalogue(catalogue));
  requireClean(catalogue);
  const auth = settings.auth && resolveAuth(settings.auth);
  const { address, namespace, taskQueue, file } = settings;
  const encryption = readEncryption(file);
  const temporal = await connectTemporal({ address, namespace, taskQueue, encryption: encryption?.ring, ...readSecurity(settings.security) });
  const telemetry = await startTelemetry({ service: 'headrace-api', metrics: settings.metrics, report: (it) => console.log(it) });
  const record = makeRecord(temporal, catalogue, settings.record, { recorded: telemetry.traces?.recorded, tenants: settings.auth !== undefined }).begin();
  const authenticator = auth && new Authenticator(auth, async () => (await record.registry()).database);
  telemetry.show(recordSource(() => record.database));
  try {
    const api = await startApi({ client: new Client(temporal), catalogue, record, port, host, authenticator, encryption, limits: settings.limits });
    console.log(`API ${api.url}`);
    await stopped;
    await api.stop();
  } finally {
    await telemetry.stop();
    await record.close();
    await temporal.close();
  }
  process.exit();
}
