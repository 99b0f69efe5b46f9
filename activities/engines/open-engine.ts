import type { StepContext } from '../../sdk/node/index.js';
import { DuckDbFileEngine } from './duckdb/file-engine.js';
import { DuckDbFolderEngine } from './duckdb/folder-engine.js';
import { closeInstances } from './duckdb/instances.js';
import type { Engine } from './engine.js';
import { closePools } from './postgres/pools.js';
import { PostgresEngine } from './postgres/postgres-engine.js';
import { closeTransports } from './trino/transport.js';
import { TrinoEngine } from './trino/trino-engine.js';

/**
 * Opens the engine behind a connection for this step.
 *
 * @throws HeadraceError missing_connection, bad_connection, unreachable or duckdb_locked
 */
export async function openEngine(context: StepContext, name: string): Promise<Engine> {
  const connection = context.connection(name, 'duckdb', 'postgres', 'trino');
  if (connection.kind === 'trino') return TrinoEngine.open(name, connection, context);
  if (connection.kind === 'postgres') return PostgresEngine.open(name, connection, context);
  if (connection.folder !== undefined) return DuckDbFolderEngine.open(name, { ...connection, folder: connection.folder }, context.signal);
  return DuckDbFileEngine.open(name, connection, context.signal);
}

/** Opens engines for the length of a piece of work and closes them, whatever happens. */
export async function withEngine<Result>(context: StepContext, name: string, work: (engine: Engine) => Promise<Result>): Promise<Result> {
  const engine = await openEngine(context, name);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** Closes every pool and instance of this process. A worker calls it when it has drained. */
export async function closeEngines(): Promise<void> {
  await closeInstances();
  await closePools();
  closeTransports();
}
