import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Lake } from '../../engines/duckdb/lake.js';
import { builtUpon, keptIsGone, type LoadKey } from '../attempt.js';
import { withLedger } from './ledger.js';
import { completeUndo, repair } from './publish.js';
import type { LoadRecord, Records } from './records.js';

/**
 * Takes a load of Parquet back: the file that was there before is there again, byte for byte.
 *
 * @returns whether there was something to undo, and how many rows are back
 * @throws Refused when a later load has built on this one
 */
export async function undoParquet(lake: Lake, key: LoadKey, signal: AbortSignal): Promise<{ undone: boolean; rows: number }> {
  const undone = await withLedger(lake, signal, async (records) => {
    await repair(records, lake);
    const record = await records.find(key);
    if (record === undefined) await records.refuse(key);
    if (record?.state === 'EXPIRED') throw keptIsGone(key);
    if (record?.state !== 'PUBLISHED') return { undone: false, rows: 0 };
    await undoPublished(records, lake, key, record);
    return { undone: true, rows: record.deleted + record.updated };
  });
  // An attempt that still writes finds its folder gone, or the record that refuses it.
  await rm(lake.own('staging', key.short), { recursive: true, force: true });
  return undone;
}

async function undoPublished(records: Records, lake: Lake, key: LoadKey, record: LoadRecord): Promise<void> {
  if (record.kept !== null && !existsSync(join(lake.folder, record.kept))) throw keptIsGone(key);
  const later = await records.later(record);
  if (later === undefined) {
    await records.mark(record.key, 'UNDOING');
    await completeUndo(records, lake, record);
    await removeEmpty(dirname(join(lake.folder, record.target)), lake.folder);
  } else if (later.mode === 'overwrite_partition') await leaveOut(records, record, later);
  else throw builtUpon(key, later.key);
}

/** A later load has replaced all of this one's rows: what this one replaced is then what the later one's undo brings back. */
async function leaveOut(records: Records, record: LoadRecord, later: LoadRecord): Promise<void> {
  await records.keepInstead(later.key, record.kept);
  await records.mark(record.key, 'UNDONE');
  await records.keepInstead(record.key, null);
}

/** A table whose first load is undone is not there any more. */
async function removeEmpty(folder: string, lake: string): Promise<void> {
  if (folder === lake || (await readdir(folder).catch(() => ['?'])).length > 0) return;
  await rmdir(folder).catch(() => {});
  await removeEmpty(dirname(folder), lake);
}
