import { type Dev, startDev } from '../dev/dev.js';
import { startFirstRuns } from '../dev/first-runs.js';
import { exitCode } from './explain.js';
import { serveApi } from './serve-api.js';
import { readSettings, type Settings } from './settings.js';
import { colors } from './terminal.js';
import { untilStopped } from './until-stopped.js';
import { runWorker } from './work.js';

export interface MetricsFlag {
  metricsPort?: number;
}

export interface WorkerFlags extends MetricsFlag {
  bundle?: string;
  /** Seconds. */
  drain: number;
}

export function worker(folder: string | undefined, { bundle, drain, ...flags }: WorkerFlags): Promise<void> {
  return runWorker(settingsOf(folder, flags), { bundleFile: bundle, drain: drain * 1_000 });
}

export interface ApiFlags extends MetricsFlag {
  port: number;
  host: string;
}

export function api(folder: string | undefined, { port, host, ...flags }: ApiFlags): Promise<void> {
  return serveApi(settingsOf(folder, flags), port, host);
}

function settingsOf(folder: string | undefined, { metricsPort: port }: MetricsFlag): Settings {
  const settings = readSettings(folder);
  return port === undefined ? settings : { ...settings, metrics: { ...settings.metrics, port } };
}

export interface DevFlags {
  state: string;
  fresh?: boolean;
  port?: number;
  runs?: string;
  exit?: boolean;
}

export async function dev(folder: string | undefined, { state, fresh, port, runs, exit }: DevFlags): Promise<void> {
  const stop = new AbortController();
  const stopped = untilStopped().then(() => stop.abort());
  const running = await startDev({ settings: readSettings(folder), stateFolder: state, fresh, apiPort: port, reload: exit !== true });
  try {
    console.log(running.found);
    if (runs !== undefined) process.exitCode = await firstRuns(runs, running, stop.signal);
    if (exit === true) return;
    if (!stop.signal.aborted) console.log(describe(running));
    await stopped;
    console.log(colors.dim('stopping …'));
  } finally {
    await running.stop();
  }
}

async function firstRuns(file: string, running: Dev, signal: AbortSignal): Promise<number> {
  try {
    return (await startFirstRuns(file, running, signal)) ? exitCode.succeeded : exitCode.failed;
  } catch (error) {
    if (signal.aborted) return exitCode.interrupted;
    throw error;
  }
}

function describe({ apiUrl, uiUrl, address, namespace }: Dev): string {
  return [
    '',
    `  API          ${colors.cyan(apiUrl)}`,
    ...(uiUrl === undefined ? [] : [`  Temporal UI  ${colors.cyan(uiUrl)}`]),
    `  Temporal     ${address}, namespace ${namespace}`,
    colors.dim('\n  headrace run <pipeline> name=value starts a run (in a clone: npx headrace …). Ctrl-C stops everything; what waits is kept.\n'),
  ].join('\n');
}
