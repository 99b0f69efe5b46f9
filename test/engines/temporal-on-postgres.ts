import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import pg from 'pg';
import { searchAttributes } from '../../sdk/authoring/run-memo.js';
import { defaultNamespace } from '../../sdk/authoring/temporal-names.js';
import { goInstall } from '../../worker/dev/go-install.js';
import { freePort } from '../../worker/dev/port.js';
import { keptFolder } from '../servers/kept-folder.js';
import { type PostgresServer, startPostgres } from '../servers/postgres.js';
import { ServerProcess } from '../servers/server-process.js';
import { serverSettings } from './temporal-settings.js';

/** Temporal as in production: its server on a PostgreSQL of its own. */
export interface TemporalOnPostgres {
  /** host:port of the gRPC endpoint. */
  address: string;
  /** It has Headrace's search attributes. */
  namespace: string;
  /** Where Temporal keeps its histories; it too may be taken away. */
  postgres: PostgresServer;
  /** Kills the server; its database stays. */
  halt(): Promise<void>;
  /** Brings it back on the same port. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const version = '1.29.1';
const namespace = defaultNamespace;
const run = promisify(execFile);

/** Starts it on 127.0.0.1, tuned as we ship it. Needs PostgreSQL, and Go to build the server once (5 minutes on 2 cores). */
export async function startTemporalOnPostgres(): Promise<TemporalOnPostgres> {
  const programs = await keptFolder('temporal-server', version, build);
  const postgres = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-temporal-'));
  const ports = await Promise.all(Array.from({ length: 8 }, () => freePort()));
  const address = `127.0.0.1:${ports[0]}`;
  const server = new ServerProcess({
    name: "Temporal's server",
    program: join(programs, 'server'),
    parameters: ['--root', folder, '--config', 'config', '--env', 'headrace', 'start'],
    log: join(folder, 'log'),
    answers: () => withTemporal(address, (temporal) => temporal.workflowService.describeNamespace({ namespace: 'temporal-system' })),
  });
  const halt = () => server.halt('SIGKILL');
  const stop = async () => {
    await halt();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await createSchemas(join(programs, 'sql'), postgres.url);
    writeSettings(folder, ports, postgres.url);
    await server.resume();
    await withTemporal(address, registerNamespace);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, namespace, postgres, halt, resume: () => server.resume(), stop };
}

async function build(folder: string): Promise<void> {
  console.error(`Building Temporal's server ${version} with Go: about 5 minutes on 2 cores, the first time only.`);
  const packages = ['cmd/server', 'cmd/tools/sql'].map((path) => `go.temporal.io/server/${path}@v${version}`);
  await goInstall(packages, folder, (line) => console.error(line));
}

const databases = { temporal: 'postgresql/v12/temporal', temporal_visibility: 'postgresql/v12/visibility' };

async function createSchemas(tool: string, url: string): Promise<void> {
  const { hostname, port, username } = new URL(url);
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const [database, schema] of Object.entries(databases)) {
      await client.query(`CREATE DATABASE ${database}`);
      const sql = (...parameters: string[]) =>
        run(tool, ['--plugin', 'postgres12', '--ep', hostname, '-p', port, '-u', username, '--db', database, ...parameters]);
      await sql('setup-schema', '-v', '0.0');
      await sql('update-schema', '--schema-name', schema);
    }
  } finally {
    await client.end();
  }
}

function writeSettings(folder: string, ports: readonly number[], url: string): void {
  mkdirSync(join(folder, 'config'));
  const { server, dynamic } = serverSettings(ports, new URL(url), join(folder, 'dynamic.yaml'));
  writeFileSync(join(folder, 'dynamic.yaml'), JSON.stringify(dynamic));
  writeFileSync(join(folder, 'config', 'headrace.yaml'), JSON.stringify(server));
}

async function withTemporal<T>(address: string, use: (temporal: Connection) => Promise<T>): Promise<T> {
  const temporal = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    return await temporal.withDeadline(Date.now() + 30_000, () => use(temporal));
  } finally {
    await temporal.close();
  }
}

const keyword = 2;

async function registerNamespace({ workflowService, operatorService }: Connection): Promise<void> {
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  const types = Object.fromEntries(searchAttributes.map(({ name }) => [name, keyword]));
  await asSoonAsPossible(() => operatorService.addSearchAttributes({ namespace, searchAttributes: types }));
}

/** A new namespace is known a moment after it was registered. */
async function asSoonAsPossible(ask: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + 30_000; ; await wait(100)) {
    try {
      return void (await ask());
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
