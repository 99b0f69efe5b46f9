import { type Dialect, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { boundedPool } from './bounded-pool.js';
import type { Database } from './database.js';
import { openEmbedded } from './embedded.js';
import { migrate } from './migrate.js';
import { pgliteDialect } from './pglite-dialect.js';
import type { Registry } from './registry.js';
import { openingPlugin, sealingWith } from './sealing.js';
import { type Statements, tenantDialect } from './tenant-dialect.js';

export interface RegistrySettings {
  /** postgres://…; DATABASE_URL unless said. Without one, the registry is embedded in the folder. */
  url?: string;
  /** Where the embedded registry is kept; this process becomes its one owner. */
  folder?: string;
  /** Encrypts what runs carry, and decrypts it where it is read. */
  encryption?: KeyRing;
  /** Connections to PostgreSQL at once; 10 unless said. */
  connections?: number;
  /** Milliseconds that PostgreSQL may take for a statement, migrations left out; without a limit unless said. */
  patience?: number;
  /** Whether its schema is left as it is. */
  asItIs?: boolean;
  /** Told when PostgreSQL closes an idle connection. */
  report?: (message: string) => void;
}

const usualFolder = '.headrace/registry';

/**
 * Opens the registry and brings its schema to this version, unless that is to be left.
 *
 * @throws HeadraceError state_in_use, registry_unreadable, registry_unreachable or registry_changed
 */
export async function openRegistry({
  url = process.env.DATABASE_URL,
  folder = usualFolder,
  asItIs = false,
  ...rest
}: RegistrySettings = {}): Promise<Registry> {
  const { migrating, ...registry } = url ? openPostgres(url, rest) : await openFolder(folder, rest.encryption);
  try {
    await registry.ready();
    if (!asItIs) await migrate(migrating);
    return registry;
  } catch (error) {
    await registry.close();
    throw error;
  }
}

/** The registry, and its database as migrations may use it, which take as long as they do. */
type Opened = Registry & { migrating: Kysely<Database> };

async function openFolder(folder: string, encryption: KeyRing | undefined): Promise<Opened> {
  const { pglite, lock } = await openEmbedded(folder);
  const { database, readAs } = databaseOf(pgliteDialect(pglite, folder), encryption, 'one by one');
  const close = async () => {
    await database.destroy();
    lock.release();
  };
  const ready = () => answer(database, folder);
  return { database, migrating: database, readAs, kind: 'embedded', sealing: sealingWith(encryption), ready, close };
}

function openPostgres(url: string, { connections = 10, patience = 0, report = () => undefined, encryption }: RegistrySettings): Opened {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5_000,
    application_name: 'headrace',
    types: { getTypeParser: typeParser },
  });
  // Without listeners, a restart of PostgreSQL would end the process: of the pool for idle connections, of each one for those in use.
  pool.on('error', (error) => report(`PostgreSQL closed a connection: ${error.message}`));
  pool.on('connect', (client) => client.on('error', () => undefined));
  const { database, readAs } = databaseOf(new PostgresDialect({ pool: boundedPool(pool, patience) }), encryption, 'together');
  return {
    database,
    migrating: new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }),
    readAs,
    kind: 'postgres',
    sealing: sealingWith(encryption),
    ready: () => answer(database, withoutPassword(url)),
    close: () => database.destroy(),
  };
}

function databaseOf(dialect: Dialect, encryption: KeyRing | undefined, statements: Statements): Pick<Registry, 'database' | 'readAs'> {
  const plugins = [openingPlugin(encryption)];
  const readers = new Map<string, Kysely<Database>>();
  const wall = { seenAt: 0 };
  const readAs = (tenant: string) => {
    const reader = readers.get(tenant) ?? new Kysely<Database>({ dialect: tenantDialect(dialect, tenant, statements, wall), plugins });
    readers.set(tenant, reader);
    return reader;
  };
  return { database: new Kysely<Database>({ dialect, plugins }), readAs };
}

/** Identities and counts stay below 2^53: numbers, as PGlite gives them. */
const typeParser = ((type: number, format: 'text') =>
  type === 20 ? Number : (pg.types.getTypeParser(type, format) as unknown)) as typeof pg.types.getTypeParser;

async function answer(database: Kysely<Database>, where: string): Promise<void> {
  try {
    await sql`select 1`.execute(database);
  } catch (error) {
    throw new HeadraceError(`The registry at ${where} does not answer: ${(error as Error).message}`, {
      code: 'registry_unreachable',
      where,
      fix: 'Start PostgreSQL, or correct DATABASE_URL; without it the registry is embedded.',
      cause: error,
    });
  }
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.password = '';
    return parsed.href;
  } catch {
    return 'DATABASE_URL';
  }
}
