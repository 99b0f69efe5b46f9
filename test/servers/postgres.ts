import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { leash } from '../../worker/dev/leash.js';
import { freePort } from '../../worker/dev/port.js';
import { findPostgres } from './find-postgres.js';

export interface PostgresServer {
  /** postgres://headrace@127.0.0.1:port/headrace — a superuser, no password. */
  url: string;
  pid: number;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** A PostgreSQL of our own on 127.0.0.1 with an empty database. It lives as long as this process; stop() removes it. */
export async function startPostgres(): Promise<PostgresServer> {
  const { binaries, account } = findPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-postgres-'));
  if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const settings = { ...account, cwd: folder };
  await run(join(binaries, 'initdb'), ['-D', data, '-U', 'headrace', '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync'], settings);
  const port = await freePort();
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn(join(binaries, 'postgres'), serverArguments(data, folder, port), {
    ...settings,
    detached: true, // Ctrl-C reaches the test runner alone, which then stops its servers
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const server = supervise(child, folder);
  try {
    await createDatabase(port, child);
  } catch (error) {
    const said = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').slice(-3).join(' ');
    await server.stop();
    throw new Error(`PostgreSQL did not start: ${(error as Error).message}; its log: ${said}`);
  }
  return { ...server, url: `postgres://headrace@127.0.0.1:${port}/headrace` };
}

// Nothing here outlives the run, so it need not reach the disk.
function serverArguments(data: string, folder: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: 200,
    shared_buffers: '64MB',
  };
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

function supervise(child: ChildProcess, folder: string) {
  const pid = child.pid as number;
  const unleash = leash(pid, 'INT');
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    unleash();
    child.kill('SIGINT'); // "fast": does not wait for clients
    const force = setTimeout(() => child.kill('SIGQUIT'), 10_000);
    await exited;
    clearTimeout(force);
    rmSync(folder, { recursive: true, force: true });
  };
  return { pid, stop };
}

async function createDatabase(port: number, child: ChildProcess): Promise<void> {
  let refusal: unknown;
  for (const end = Date.now() + 30_000; Date.now() < end && child.exitCode === null; await wait(50)) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'headrace', database: 'postgres' });
    try {
      await client.connect();
      await client.query('CREATE DATABASE headrace');
      return;
    } catch (error) {
      refusal = error;
    } finally {
      await client.end().catch(() => {});
    }
  }
  throw refusal instanceof Error ? refusal : new Error('it ended while starting');
}
