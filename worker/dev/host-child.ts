/**
 * The process that hosts worker and API for `headrace dev`. Started before it is needed, it has loaded all that is the same for every
 * pipeline, so that a changed file costs the loading and bundling of the pipelines and nothing else.
 */
import { Runtime } from '@temporalio/worker';
import { readEncryption } from '../../sdk/node/encryption/read-key-ring.js';
import { explain } from '../cli/explain.js';
import { processLog } from '../logging/log.js';
import { temporalLogger } from '../logging/temporal-logger.js';
import { startTelemetry, type Telemetry } from '../telemetry/telemetry.js';
import { type Host, prepareHost, warmUp } from './host.js';
import type { FromHost, ToHost } from './host-messages.js';

let host: Host | undefined;
let telemetry: Telemetry | undefined;
let warming: Promise<void> | undefined;

// Ctrl-C reaches the whole group: the parent says when to stop. And without a parent there is nothing to host for.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => void stop());
process.on('message', (message: ToHost) => void obey(message));

async function obey(message: ToHost): Promise<void> {
  try {
    if (message.kind === 'warm') warming = warmUp();
    if (message.kind === 'prepare') await prepare(message.settings);
    if (message.kind === 'go') tell({ kind: 'serving', apiUrl: (await host?.serve()) ?? '' });
    if (message.kind === 'stop') await stop();
  } catch (error) {
    const { message: text, code, fix } = error as Error & { code?: string; fix?: string };
    if (process.env.HEADRACE_DEBUG === '1') explain(error);
    tell({ kind: 'refused', message: text, code, fix });
  }
}

async function prepare(settings: Extract<ToHost, { kind: 'prepare' }>['settings']): Promise<void> {
  await warming;
  telemetry = await startTelemetry({ service: 'headrace-dev', runtime: 'shown', report: (it) => processLog.warn(it) });
  const { telemetryOptions } = telemetry;
  Runtime.install({ logger: temporalLogger({ encrypted: readEncryption(settings.settingsFile) !== undefined }), telemetryOptions, shutdownSignals: [] });
  host = await prepareHost(settings, telemetry);
  tell({ kind: 'prepared', ...host.prepared });
}

async function stop(): Promise<void> {
  await host?.release();
  tell({ kind: 'released' });
  await host?.drain();
  await telemetry?.stop();
  process.exit(0);
}

function tell(message: FromHost): void {
  if (process.connected) process.send?.(message);
}
