import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { HeadraceError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import type { DuckDbFolderEngine } from '../../engines/duckdb/folder-engine.js';
import { writeParquet } from '../../engines/duckdb/parquet.js';
import type { Column, LocalData } from '../../engines/engine.js';
import type { Counts, LoadKey } from '../attempt.js';
import { checkFit } from '../fit.js';
import type { Load } from '../steps.js';
import { composeFile } from './compose.js';
import { withLedger } from './ledger.js';
import { findPlace } from './place.js';
import { publish, publishedBefore, type Staged, versionOf } from './publish.js';

/** How often a load begins anew because another one was published to the same file meanwhile. */
const rounds = 20;

/** Loads rows into a folder of Parquet. @throws SchemaConflictError, ValidationError, Refused load_undone */
export async function loadParquet(
  engine: DuckDbFolderEngine,
  load: Load,
  key: LoadKey,
  bring: () => Promise<LocalData>,
  context: StepContext,
): Promise<Counts> {
  const { lake } = engine;
  const before = await withLedger(lake, context.signal, async (records) => {
    for (const kept of await records.prune()) await rm(`${lake.folder}/${kept}`, { force: true });
    return publishedBefore(records, lake, load, key);
  });
  if (before !== undefined) return before;
  const data = await bring();
  try {
    return await stageAndPublish(engine, load, key, data, context);
  } finally {
    await data.dispose();
  }
}

async function stageAndPublish(engine: DuckDbFolderEngine, load: Load, key: LoadKey, data: LocalData, context: StepContext): Promise<Counts> {
  for (let round = 0; round < rounds; round += 1) {
    const staged = await stage(engine, load, key, data);
    context.heartbeat({ rows: staged.counts.rows });
    const published = await publish(engine.lake, load, key, staged, context.signal);
    // Published under another attempt's file, or stale: this one belongs to nobody.
    if (existsSync(staged.file)) await rm(staged.file, { force: true });
    if (published !== undefined) return published;
  }
  throw new HeadraceError(`${load.into.table} was changed by other loads ${rounds} times while this one was being written.`, {
    code: 'retry_later',
    where: load.into.table,
  });
}

async function stage(engine: DuckDbFolderEngine, load: Load, key: LoadKey, data: LocalData): Promise<Staged> {
  engine.refresh(load.into.table);
  const columns = await engine.columns(load.into.table).catch((error: unknown) => whereMissing(error, data.columns));
  checkFit(data.columns, columns, load.into.table);
  const { target, partition } = await findPlace(engine, load, columns, key);
  // The version is that of the very file that is read, whatever the target is by then.
  const old = await engine.snapshot.ofFile(target);
  const version = old === undefined ? 'none' : await versionOf(old);
  const file = engine.lake.own('staging', key.short, `${randomUUID()}.parquet`);
  try {
    const composed = await composeFile({ engine, load, data, columns, target: old, partition });
    const { bytes } = await writeParquet(engine.session, composed.query, file);
    return { file, target, version, counts: { ...composed.counts, bytes } };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

function whereMissing(error: unknown, columns: Column[]): Column[] {
  if (error instanceof HeadraceError && error.code === 'unknown_table') return columns;
  throw error;
}
