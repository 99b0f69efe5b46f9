import { tmpdir } from 'node:os';
import { DuckDBInstance } from '@duckdb/node-api';
import { translateDuckDbError } from './errors.js';

/** What a DuckDB instance may use of the machine. */
export interface Limits {
  readonly memory: string;
  readonly threads: number;
}

interface Shared {
  readonly instance: Promise<DuckDBInstance>;
  users: number;
}

const inMemory = new Map<string, Promise<DuckDBInstance>>();
const files = new Map<string, Shared>();

/** The limits of work that belongs to no DuckDB connection, such as reading CSV on its way to PostgreSQL. */
export const ownLimits: Limits = { memory: '1GB', threads: 2 };

/** The in-memory instance of a connection: one per worker process, so that its memory limit holds for all its steps together. */
export function sharedInstance(name: string, limits: Limits): Promise<DuckDBInstance> {
  const key = JSON.stringify([name, limits]);
  const found = inMemory.get(key);
  if (found !== undefined) return found;
  const created = DuckDBInstance.create(':memory:', settings(limits));
  inMemory.set(key, created);
  created.catch(() => inMemory.delete(key));
  return created;
}

/**
 * Opens a .duckdb file until the function that it gives is called. Steps of this process share one instance, since a second one would not see the first one's lock;
 * with the last user it is closed, and another process may have it.
 *
 * @throws HeadraceError duckdb_locked, which names the holder
 */
export async function holdFile(path: string, limits: Limits, connection: string): Promise<(() => void) & { instance: DuckDBInstance }> {
  const shared = files.get(path) ?? { instance: DuckDBInstance.create(path, settings(limits)), users: 0 };
  files.set(path, shared);
  shared.users += 1;
  try {
    const instance = await shared.instance;
    return Object.assign(() => release(path, shared, instance), { instance });
  } catch (error) {
    release(path, shared);
    throw translateDuckDbError(error, connection);
  }
}

function release(path: string, shared: Shared, instance?: DuckDBInstance): void {
  shared.users -= 1;
  if (shared.users > 0) return;
  if (files.get(path) === shared) files.delete(path);
  instance?.closeSync();
}

function settings(limits: Limits): Record<string, string> {
  return {
    memory_limit: limits.memory,
    threads: String(limits.threads),
    temp_directory: `${tmpdir()}/headrace-duckdb-${process.pid}`,
    // A cached page of a Parquet file could outlive the file, which loads replace.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  };
}

/** Closes the in-memory instances of this process. */
export async function closeInstances(): Promise<void> {
  const instances = [...inMemory.values()];
  inMemory.clear();
  for (const instance of await Promise.allSettled(instances)) {
    if (instance.status === 'fulfilled') instance.value.closeSync();
  }
}
