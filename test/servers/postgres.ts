import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../worker/dev/port.js';
import { findPostgres } from './find-postgres.js';
import { ServerProcess } from './server-process.js';

export interface PostgresServer {
  /** postgres://headrace@127.0.0.1:port/headrace — a superuser, no password. */
  url: string;
  /** Takes the server away, as a crash does; what was committed stays. */
  halt(): Promise<void>;
  /** Brings it back on the same port. */
  resume(): Promise<void>;
  /** Lets all its processes stand still: connections stay, and nobody answers on them. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL of our own on 127.0.0.1 with an empty database. It lives as long as this process; stop() removes it. */
export async function startPostgres(): Promise<PostgresServer> {
  const { binaries, account } = findPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-postgres-'));
  if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const options = { ...account, cwd: folder };
  const initdb = ['-D', data, '-U', 'headrace', '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync'];
  await promisify(execFile)(join(binaries, 'initdb'), initdb, options);
  const port = await freePort();
  const server = new ServerProcess({
    name: 'PostgreSQL',
    program: join(binaries, 'postgres'),
    parameters: serverArguments(data, folder, port),
    options,
    log: join(folder, 'log'),
    leashSignal: 'INT',
    answers: () => createDatabase(port),
  });
  const stop = async () => {
    await server.halt('SIGINT'); // "fast": does not wait for clients
    rmSync(folder, { recursive: true, force: true });
  };
  await server.resume().catch(async (error) => {
    await stop();
    throw error;
  });
  // "Immediate": every process of it ends at once, and the next start recovers. SIGKILL would leave some that hold the data folder.
  const halt = () => server.halt('SIGQUIT');
  const signal = async (name: NodeJS.Signals) => {
    for (const pid of await familyOf(server.pid)) process.kill(pid, name);
  };
  const [freeze, thaw] = [() => signal('SIGSTOP'), () => signal('SIGCONT')];
  return { url: `postgres://headrace@127.0.0.1:${port}/headrace`, halt, resume: () => server.resume(), freeze, thaw, stop };
}

/** A process and its children, itself first: it begins no more of them then. */
async function familyOf(pid = 0): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return [pid, ...pairs.filter(([, parent]) => parent === pid).map(([child = 0]) => child)];
}

// Nothing here outlives the run, so it need not reach the disk; but a commit outlives the process, which may be killed.
function serverArguments(data: string, folder: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: 200,
    shared_buffers: '64MB',
  };
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function createDatabase(port: number): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'headrace', database: 'postgres' });
  try {
    await client.connect();
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'headrace'`);
    if (rowCount === 0) await client.query('CREATE DATABASE headrace');
  } finally {
    await client.end().catch(() => {});
  }
}
