import pg from 'pg';
import type { Connection } from '../../../sdk/node/index.js';
import { translatePostgresError } from './errors.js';

/** The settings of a PostgreSQL connection. */
export type PostgresSettings = Extract<Connection, { kind: 'postgres' }>;

const pools = new Map<string, pg.Pool>();

// What a statement gives must not depend on how the server is set up.
const sessionOptions = '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1';

/** The client settings of a connection. */
export function clientSettings(settings: PostgresSettings): pg.ClientConfig {
  return {
    connectionString: settings.url,
    ...(settings.password === undefined ? {} : { password: settings.password }),
    ...(settings.ca === undefined ? {} : { ssl: { ca: settings.ca } }),
    options: sessionOptions,
    application_name: 'headrace',
    keepAlive: true,
    connectionTimeoutMillis: 30_000,
    ...(settings.statementTimeout === 0 ? {} : { statement_timeout: settings.statementTimeout }),
  };
}

/** A client of the connection's pool, of which a worker process has one. Give it back with release. */
export async function takeClient(name: string, settings: PostgresSettings): Promise<pg.PoolClient> {
  try {
    return await poolOf(settings).connect();
  } catch (error) {
    throw translatePostgresError(error, name);
  }
}

function poolOf(settings: PostgresSettings): pg.Pool {
  const key = JSON.stringify(settings);
  const found = pools.get(key);
  if (found !== undefined) return found;
  const pool = new pg.Pool({ ...clientSettings(settings), max: settings.pool, idleTimeoutMillis: 10_000, allowExitOnIdle: true });
  // An idle connection that the server closes is no failure of a step: the pool opens another.
  pool.on('error', () => {});
  // One in use that is closed between two statements is told by the next one; without a listener it would end the worker.
  pool.on('connect', (client) => client.on('error', () => {}));
  pools.set(key, pool);
  return pool;
}

/** Closes the pools of this process. */
export async function closePools(): Promise<void> {
  const open = [...pools.values()];
  pools.clear();
  await Promise.all(open.map((pool) => pool.end()));
}
