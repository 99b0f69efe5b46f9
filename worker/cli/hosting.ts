import { type Command, Option } from 'commander';
import type { ApiFlags, DevFlags, WorkerFlags } from './host-folder.js';
import { highestPort, wholeNumber } from './whole-number.js';

/** What hosts is loaded when it is wanted: the other commands answer a second sooner. */
const hosts = () => import('./host-folder.js');

/** dev, worker and api: the commands that stay up. */
export function addHosting(command: Command): void {
  command
    .command('dev [folder]')
    .description('start Temporal, a worker and the API on this machine, and reload what changes')
    .option('--state <folder>', 'where the state is kept', '.headrace')
    .option('--fresh', 'begin with an empty state')
    .option('--port <port>', "the API's port; 8092, or a free one", wholeNumber(0, highestPort))
    .option('--runs <file>', 'start the runs of a JSON file and print how they stand')
    .option('--exit', 'stop when that is done: exit code 0 when the runs succeeded that must')
    .action(async (folder: string | undefined, flags: DevFlags) => (await hosts()).dev(folder, flags));
  command
    .command('worker [folder]')
    .description('host the pipelines and steps of a folder against a Temporal cluster')
    .addOption(new Option('--bundle <file>', 'use a bundle that headrace check --bundle wrote').env('HEADRACE_BUNDLE'))
    .option('--drain <seconds>', 'how long steps may go on after SIGTERM', wholeNumber(0), 20)
    .addOption(metricsPort())
    .action(async (folder: string | undefined, flags: WorkerFlags) => (await hosts()).worker(folder, flags));
  command
    .command('api [folder]')
    .description('serve the API for the pipelines of a folder')
    .option('--port <port>', "the API's port", wholeNumber(0, highestPort), 8092)
    .option('--host <address>', 'the address to listen on; without a login loopback only', '127.0.0.1')
    .addOption(metricsPort())
    .action(async (folder: string | undefined, flags: ApiFlags) => (await hosts()).api(folder, flags));
}

const metricsPort = () =>
  new Option('--metrics-port <port>', 'show metrics for Prometheus on this port, without a login').argParser(wholeNumber(0, highestPort));
