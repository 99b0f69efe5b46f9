import { type Command, Option } from 'commander';
import colors from 'picocolors';
import { type Dev, startDev } from '../dev/dev.js';
import { startFirstRuns } from '../dev/first-runs.js';
import { exitCode } from './explain.js';
import { serveApi } from './serve-api.js';
import { readSettings, type Settings } from './settings.js';
import { untilStopped } from './until-stopped.js';
import { runWorker } from './work.js';

/** dev, worker and api: the commands that stay up. */
export function addHosting(command: Command): void {
  command
    .command('dev [folder]')
    .description('start Temporal, a worker and the API on this machine, and reload what changes')
    .option('--state <folder>', 'where the state is kept', '.headrace')
    .option('--fresh', 'begin with an empty state')
    .option('--port <port>', "the API's port; 8092, or a free one", Number)
    .option('--runs <file>', 'start the runs of a JSON file and print how they stand')
    .option('--exit', 'stop when that is done: exit code 0 when no run failed')
    .action(dev);
  command
    .command('worker [folder]')
    .description('host the pipelines and steps of a folder against a Temporal cluster')
    .addOption(new Option('--bundle <file>', 'use a bundle that headrace check --bundle wrote').env('HEADRACE_BUNDLE'))
    .option('--drain <seconds>', 'how long steps may go on after SIGTERM', Number, 20)
    .addOption(metricsPort())
    .action((folder: string | undefined, { bundle, drain, ...flags }: { bundle?: string; drain: number } & MetricsFlag) =>
      runWorker(settingsOf(folder, flags), { bundleFile: bundle, drain: drain * 1_000 }),
    );
  command
    .command('api [folder]')
    .description('serve the API for the pipelines of a folder')
    .option('--port <port>', "the API's port", Number, 8092)
    .option('--host <address>', 'the address to listen on; loopback only', '127.0.0.1')
    .addOption(metricsPort())
    .action((folder: string | undefined, { port, host, ...flags }: { port: number; host: string } & MetricsFlag) =>
      serveApi(settingsOf(folder, flags), port, host),
    );
}

interface MetricsFlag {
  metricsPort?: number;
}

const metricsPort = () => new Option('--metrics-port <port>', 'show metrics for Prometheus on this port, without a login').argParser(Number);

function settingsOf(folder: string | undefined, { metricsPort: port }: MetricsFlag): Settings {
  const settings = readSettings(folder);
  return port === undefined ? settings : { ...settings, metrics: { ...settings.metrics, port } };
}

interface DevFlags {
  state: string;
  fresh?: boolean;
  port?: number;
  runs?: string;
  exit?: boolean;
}

async function dev(folder: string | undefined, { state, fresh, port, runs, exit }: DevFlags): Promise<void> {
  const stopped = untilStopped();
  const running = await startDev({ settings: readSettings(folder), stateFolder: state, fresh, apiPort: port, reload: exit !== true });
  try {
    console.log(running.found);
    if (runs !== undefined && !(await startFirstRuns(runs, running))) process.exitCode = exitCode.failed;
    if (exit === true) return;
    console.log(describe(running));
    await stopped;
    console.log(colors.dim('stopping …'));
  } finally {
    await running.stop();
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
