import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../worker/dev/port.js';
import { findJava } from '../servers/java.js';
import { type PostgresServer, startPostgres } from '../servers/postgres.js';
import { ServerProcess } from '../servers/server-process.js';
import { askTrino } from './ask-trino.js';
import { trinoDistribution } from './trino-distribution.js';
import { accessRules, catalogs, serverProperties } from './trino-settings.js';

/** A Trino of our own on 127.0.0.1: catalogs tpch, memory, iceberg (JDBC catalog, local warehouse), postgresql. No password is asked. */
export interface TrinoServer {
  url: string;
  /** Keeps Iceberg's catalog, and is the catalog `postgresql`. */
  postgres: PostgresServer;
  /** The folder of Iceberg's files. */
  warehouse: string;
  /** May read only, and not tpch.tiny.customer. */
  visitor: string;
  /** Kills it, as an outage does; Iceberg's tables stay, those of `memory` and all queries are gone. */
  halt(): Promise<void>;
  /** Brings it back on the same port. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const visitor = 'visitor';
const heap = ['-Xms256m', '-Xmx1536m', '-XX:+UseG1GC', '-XX:G1HeapRegionSize=8M', '-XX:ReservedCodeCacheSize=256M', '-XX:TieredStopAtLevel=1'];
const java = ['-server', ...heap, '-Djdk.attach.allowAttachSelf=true', '--enable-native-access=ALL-UNNAMED', '--add-modules=jdk.incubator.vector'];

type Properties = Record<string, string | number>;

/** Starts Trino from Maven Central's archive, which is fetched once. Needs JDK 25, mvn and PostgreSQL. @param more catalogs beside its own @param changes of config.properties */
export async function startTrino(more: Record<string, Properties> = {}, changes: Properties = {}): Promise<TrinoServer> {
  const program = findJava(25);
  const distribution = await trinoDistribution();
  const postgres = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-trino-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const warehouse = join(folder, 'warehouse');
  const server = new ServerProcess({
    name: 'Trino',
    program,
    parameters: [...java, ...node(folder), '-cp', join(distribution, 'lib', '*'), 'io.trino.server.TrinoServer'],
    options: { cwd: folder },
    log: join(folder, 'log'),
    timeLimit: 180_000,
    // It says that it is ready a second before it has a node to run a query on.
    answers: () => askTrino(url, 'SELECT count(*) FROM tpch.tiny.region'),
  });
  const halt = () => server.halt('SIGKILL');
  const stop = async () => {
    await halt();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await createCatalogTables(postgres.url);
    writeSettings({ folder, distribution, port, changes, catalogs: { ...catalogs(postgres.url, warehouse), ...more } });
    mkdirSync(warehouse);
    await server.resume();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, postgres, warehouse, visitor, halt, resume: () => server.resume(), stop };
}

function node(folder: string): string[] {
  const settings = { environment: 'test', id: 'one', 'internal-address': '127.0.0.1', 'bind-ip': '127.0.0.1', 'data-dir': join(folder, 'data') };
  return [...Object.entries(settings).map(([name, value]) => `-Dnode.${name}=${value}`), `-Dconfig=${join(folder, 'etc/config.properties')}`];
}

interface Settings {
  folder: string;
  distribution: string;
  port: number;
  changes: Properties;
  catalogs: Record<string, Properties>;
}

function writeSettings({ folder, distribution, port, changes, catalogs }: Settings) {
  const etc = join(folder, 'etc');
  mkdirSync(join(etc, 'catalog'), { recursive: true });
  const server = { ...serverProperties(port, join(distribution, 'plugin'), join(etc, 'catalog')), ...changes };
  writeFileSync(join(etc, 'config.properties'), properties(server));
  writeFileSync(join(etc, 'rules.json'), JSON.stringify(accessRules(visitor)));
  writeFileSync(join(etc, 'access-control.properties'), properties({ 'access-control.name': 'file', 'security.config-file': join(etc, 'rules.json') }));
  for (const [name, settings] of Object.entries(catalogs)) writeFileSync(join(etc, 'catalog', `${name}.properties`), properties(settings));
}

function properties(settings: Properties): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Trino does not make the tables of Iceberg's JDBC catalog. */
async function createCatalogTables(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    CREATE TABLE iceberg_tables (
      catalog_name varchar(255), table_namespace varchar(255), table_name varchar(255),
      metadata_location varchar(1000), previous_metadata_location varchar(1000), iceberg_type varchar(5),
      PRIMARY KEY (catalog_name, table_namespace, table_name)
    );
    CREATE TABLE iceberg_namespace_properties (
      catalog_name varchar(255), namespace varchar(255), property_key varchar(255), property_value varchar(1000),
      PRIMARY KEY (catalog_name, namespace, property_key)
    )`);
  await client.end();
}
