import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { searchAttributes as runAttributes } from '../../sdk/authoring/run-memo.js';
import { defaultNamespace } from '../../sdk/authoring/temporal-names.js';
import type { TemporalSecurity } from '../../sdk/node/client/temporal-security.js';
import { findTemporal } from './find-temporal.js';
import { leash } from './leash.js';
import { endOrphan, forgetChild, recordChild, runningChild } from './orphan.js';
import { assertPortFree, freePort } from './port.js';
import { temporalAnswers } from './temporal-health.js';
import { tunedArguments } from './tuned-keys.js';

/** Search attributes that every namespace of Headrace has, all of type Keyword. */
export const searchAttributes = runAttributes.map(({ name }) => name);

export interface TemporalOptions {
  /** Where Temporal's database, log and process record are kept. */
  stateFolder: string;
  /** Refused when taken; a free one when left out. */
  port?: number;
  uiPort?: number;
  /** A server that runs already, as host:port: nothing is started, it only has to answer. */
  address?: string;
  /** How that server is reached. */
  security?: TemporalSecurity;
  namespace?: string;
  /** What decrypts payloads for Temporal's own console. */
  codecEndpoint?: string;
  /** Lines about what takes long, to stderr by default. */
  report?: (line: string) => void;
}

export interface TemporalServer {
  /** host:port of the gRPC endpoint. */
  address: string;
  namespace: string;
  /** Temporal's own console; undefined for a server that we did not start. */
  uiUrl: string | undefined;
  pid: number | undefined;
  /** Settles when the server ends by itself or by stop(); never for a server that we did not start. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends the server and waits for it. A server that we did not start is left alone. */
  stop(): Promise<void>;
}

/** A free port may be taken by another program before the server binds it: then others are chosen, this often in all. */
const launches = 5;

/**
 * Connects to the given Temporal, or starts a dev server tuned for short steps that lives as long as this process.
 * Errors: `no_temporal`, `port_taken`, `state_in_use`.
 *
 * @param choosePort gives a port that is free at the moment
 */
export async function startTemporal(options: TemporalOptions, choosePort: () => Promise<number> = freePort): Promise<TemporalServer> {
  const namespace = options.namespace ?? defaultNamespace;
  if (options.address) return connectOnly(options.address, namespace, options.security);
  await assertNobodyElse(options.stateFolder);
  const executable = await findTemporal(options.report);
  for (let left = launches - 1; ; left -= 1) {
    const port = await portFor(options.port, choosePort);
    const uiPort = await portFor(options.uiPort, choosePort);
    try {
      return await startOn({ port, uiPort }, executable, { ...options, namespace });
    } catch (error) {
      if (left === 0 || !lostPort(options.stateFolder)) throw error;
    }
  }
}

async function startOn(
  { port, uiPort }: { port: number; uiPort: number },
  executable: string,
  { stateFolder, namespace, codecEndpoint }: TemporalOptions & { namespace: string },
): Promise<TemporalServer> {
  const codec = codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint];
  const child = launch(executable, stateFolder, ['--port', `${port}`, '--ui-port', `${uiPort}`, '--namespace', namespace, ...codec]);
  const server = supervise(child, stateFolder, `127.0.0.1:${port}`);
  try {
    await temporalAnswers(server.address, namespace, searchAttributes, server.exited);
  } catch (error) {
    await server.stop();
    throw notStarted(error, stateFolder);
  }
  return { ...server, namespace, uiUrl: `http://127.0.0.1:${uiPort}` };
}

async function connectOnly(address: string, namespace: string, security?: TemporalSecurity): Promise<TemporalServer> {
  const exited = new Promise<never>(() => {});
  try {
    await temporalAnswers(address, namespace, [], exited, 5000, security);
  } catch (error) {
    throw new HeadraceError(`Temporal at ${address}: ${(error as Error).message}`, { code: 'no_temporal', cause: error });
  }
  return { address, namespace, uiUrl: undefined, pid: undefined, exited, stop: async () => {} };
}

async function assertNobodyElse(stateFolder: string): Promise<void> {
  await endOrphan(stateFolder, 'temporal');
  const other = runningChild(stateFolder, 'temporal');
  if (!other) return;
  const message = `a Temporal server of pid ${other.owner.pid} works on ${stateFolder}, at ${other.address}`;
  throw new HeadraceError(message, { code: 'state_in_use' });
}

async function portFor(asked: number | undefined, choosePort: () => Promise<number>): Promise<number> {
  if (asked === undefined) return choosePort();
  await assertPortFree(asked);
  return asked;
}

/** What the server of any part of it says when another program listens on a port. */
function lostPort(stateFolder: string): boolean {
  return readFileSync(logFile(stateFolder), 'utf8').includes('address already in use');
}

function launch(executable: string, stateFolder: string, further: string[]): ChildProcess {
  mkdirSync(stateFolder, { recursive: true });
  const log = openSync(logFile(stateFolder), 'w');
  const attributes = searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  const fixed = ['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'error', '--db-filename', join(stateFolder, 'temporal.db')];
  // Its own group: Ctrl-C reaches us alone, so that the worker is drained before its server goes.
  const child = spawn(executable, [...fixed, ...further, ...attributes, ...tunedArguments()], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  return child;
}

function supervise(child: ChildProcess, stateFolder: string, address: string) {
  const unleash = child.pid === undefined ? () => {} : leash(child.pid);
  if (child.pid !== undefined) recordChild(stateFolder, 'temporal', child.pid, address);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  }).finally(() => {
    unleash();
    forgetChild(stateFolder, 'temporal');
  });
  const stop = async (): Promise<void> => {
    child.ref();
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(force);
  };
  return { address, pid: child.pid, exited, stop };
}

function notStarted(error: unknown, stateFolder: string): HeadraceError {
  return new HeadraceError(`Temporal's dev server did not start: ${(error as Error).message}`, {
    code: 'no_temporal',
    fix: `Read ${logFile(stateFolder)}; with a damaged database start with --fresh or another --state.`,
    cause: error,
  });
}

function logFile(stateFolder: string): string {
  return join(stateFolder, 'temporal.log');
}
