import { ValidationError } from '../../sdk/index.js';
import { implement, type StepContext } from '../../sdk/node/index.js';
import { DuckDbFileEngine } from '../engines/duckdb/file-engine.js';
import { DuckDbFolderEngine } from '../engines/duckdb/folder-engine.js';
import type { Engine, LocalData } from '../engines/engine.js';
import { openEngine, withEngine } from '../engines/open-engine.js';
import { PostgresEngine } from '../engines/postgres/postgres-engine.js';
import { TrinoEngine } from '../engines/trino/trino-engine.js';
import { sumCosts } from '../outside/sum-costs.js';
import { type Counts, type LoadKey, loadKey } from './attempt.js';
import { loadDuckDbFile, undoDuckDbFile } from './duckdb/file-load.js';
import type { IcebergTable } from './iceberg/iceberg-table.js';
import { Lakehouse } from './iceberg/lakehouse.js';
import { loadIceberg } from './iceberg/load.js';
import { openTrino } from './iceberg/open-trino.js';
import { describeStaged, type Staged, stageWithin } from './iceberg/staging.js';
import { undoIceberg } from './iceberg/undo.js';
import { loadParquet } from './parquet/load.js';
import { undoParquet } from './parquet/undo.js';
import { loadPostgres } from './postgres/load.js';
import { undoPostgres } from './postgres/undo.js';
import { type FilledIcebergLoad, type Load, loadData, loadToIceberg, undoLoad } from './steps.js';

export default implement(
  { loadData, loadToIceberg, undoLoad },
  {
    loadData: (load, context) =>
      withEngine(context, load.into.connection, async (engine) => ({
        table: load.into,
        ...(await loadInto(engine, load, loadKey(context, load.load), context)),
      })),
    loadToIceberg: (load, context) =>
      openTrino(context, load.into.connection, 'load_to_iceberg', async (lakehouse) => ({
        table: load.into,
        ...(await loadThroughTrino(lakehouse, load, loadKey(context, load.load), context)),
      })),
    undoLoad: ({ load, into }, context) =>
      withEngine(context, into.connection, async (engine) => ({ table: into, ...(await undoIn(engine, into.table, loadKey(context, load), context)) })),
  },
);

async function loadInto(engine: Engine, load: Load, key: LoadKey, context: StepContext): Promise<Counts> {
  if (engine instanceof DuckDbFolderEngine) return loadParquet(engine, load, key, () => bring(load, engine, context), context);
  if (engine instanceof PostgresEngine) return loadPostgres(engine, load, key, () => bring(load, engine, context), context);
  if (engine instanceof DuckDbFileEngine) return loadDuckDbFile(engine, load, key, () => bring(load, engine, context), context.signal);
  throw cannotLoad(engine);
}

async function undoIn(engine: Engine, table: string, key: LoadKey, context: StepContext): Promise<{ undone: boolean; rows: number }> {
  if (engine instanceof DuckDbFolderEngine) return undoParquet(engine.lake, key, context.signal);
  if (engine instanceof PostgresEngine) return undoPostgres(engine, table, key);
  if (engine instanceof TrinoEngine) return undoIceberg(new Lakehouse(engine), table, key, context);
  if (engine instanceof DuckDbFileEngine) return undoDuckDbFile(engine, table, key, context.signal);
  throw cannotLoad(engine);
}

async function loadThroughTrino(lakehouse: Lakehouse, load: FilledIcebergLoad, key: LoadKey, context: StepContext) {
  const { query, link, ...loaded } = await loadIceberg(lakehouse, load, key, (table) => stage(lakehouse, load, table, context), context);
  const cost = sumCosts([lakehouse.engine.cost, loaded.quality?.cost]);
  return { ...loaded, engine: { name: 'Trino', id: query, ...(link === undefined ? {} : { link }) }, cost };
}

/** Rows of the same server stay there; those of another come through this machine, as files. */
async function stage(lakehouse: Lakehouse, load: FilledIcebergLoad, table: IcebergTable, context: StepContext): Promise<Staged> {
  if (load.from.connection === lakehouse.connection) return stageWithin(lakehouse, table, lakehouse.engine.qualified(load.from.table));
  const data = await bring(load, lakehouse.engine, context);
  try {
    await lakehouse.engine.receive(table.text, data);
  } finally {
    await data.dispose();
  }
  return describeStaged(lakehouse, table);
}

function cannotLoad(engine: Engine): ValidationError {
  return new ValidationError(`load_data cannot write to '${engine.connection}'.`, {
    where: engine.connection,
    fix: 'Load into a duckdb or postgres connection; into Iceberg with load_to_iceberg.',
  });
}

/** Brings the rows to this machine. The engine that they come from stays open until they are disposed of. */
async function bring(load: Pick<Load, 'from'>, target: Engine, context: StepContext): Promise<LocalData> {
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
