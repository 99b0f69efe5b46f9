import { ValidationError } from '../../sdk/index.js';
import { implement, type StepContext } from '../../sdk/node/index.js';
import { DuckDbFileEngine } from '../engines/duckdb/file-engine.js';
import { DuckDbFolderEngine } from '../engines/duckdb/folder-engine.js';
import type { Engine } from '../engines/engine.js';
import type { LocalData } from '../engines/local-data.js';
import { openEngine, withEngine } from '../engines/open-engine.js';
import { PostgresEngine } from '../engines/postgres/postgres-engine.js';
import { type Counts, type LoadKey, loadKey } from './attempt.js';
import { loadDuckDbFile, undoDuckDbFile } from './duckdb/file-load.js';
import { loadParquet } from './parquet/load.js';
import { undoParquet } from './parquet/undo.js';
import { loadPostgres } from './postgres/load.js';
import { undoPostgres } from './postgres/undo.js';
import { type Load, loadData, undoLoad } from './steps.js';

export default implement(
  { loadData, undoLoad },
  {
    loadData: (load, context) =>
      withEngine(context, load.into.connection, async (engine) => ({
        table: load.into,
        ...(await loadInto(engine, load, loadKey(context, load.load), context)),
      })),
    undoLoad: ({ load, into }, context) =>
      withEngine(context, into.connection, async (engine) => ({ table: into, ...(await undoIn(engine, into.table, loadKey(context, load), context)) })),
  },
);

async function loadInto(engine: Engine, load: Load, key: LoadKey, context: StepContext): Promise<Counts> {
  if (engine instanceof DuckDbFolderEngine) return loadParquet(engine, load, key, () => bring(load, engine, context), context);
  if (engine instanceof PostgresEngine) return loadPostgres(engine, load, key, () => bring(load, engine, context), context);
  if (engine instanceof DuckDbFileEngine) return loadDuckDbFile(engine, load, key, () => bring(load, engine, context));
  throw cannotLoad(engine);
}

async function undoIn(engine: Engine, table: string, key: LoadKey, context: StepContext): Promise<{ undone: boolean; rows: number }> {
  if (engine instanceof DuckDbFolderEngine) return undoParquet(engine.lake, key, context.signal);
  if (engine instanceof PostgresEngine) return undoPostgres(engine, table, key);
  if (engine instanceof DuckDbFileEngine) return undoDuckDbFile(engine, table, key);
  throw cannotLoad(engine);
}

function cannotLoad(engine: Engine): ValidationError {
  return new ValidationError(`load_data cannot write to '${engine.connection}'.`, {
    where: engine.connection,
    fix: 'Load into a duckdb or postgres connection.',
  });
}

/** Brings the rows to this machine. The engine that they come from stays open until they are disposed of. */
async function bring(load: Load, target: Engine, context: StepContext): Promise<LocalData> {
  if (load.from.connection === target.connection) return target.localize(load.from.table);
  const source = await openEngine(context, load.from.connection);
  try {
    const data = await source.localize(load.from.table);
    return { ...data, dispose: () => data.dispose().finally(() => source.close()) };
  } catch (error) {
    await source.close();
    throw error;
  }
}
