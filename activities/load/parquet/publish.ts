import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Lake } from '../../engines/duckdb/lake.js';
import { moveInto, syncPath } from '../../engines/duckdb/parquet.js';
import { type Counts, countsOf, declarationOf, type LoadKey, loadUndone } from '../attempt.js';
import type { Load } from '../steps.js';
import { withLedger } from './ledger.js';
import type { LoadRecord, Records } from './records.js';

/** A file that an attempt has written and wants to put in its place. */
export interface Staged {
  readonly file: string;
  readonly target: string;
  /** What was at the target when the file was written: if it has changed since, the file is stale. */
  readonly version: string;
  readonly counts: Counts;
}

/** Which file is at a path. A file of a lake is never written again, only replaced. */
export async function versionOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? 'none' : `${found.ino}:${found.size}:${found.mtimeNs}`;
}

/** The counts of a load that is already published, or undefined. @throws Refused load_undone */
export async function publishedBefore(records: Records, lake: Lake, load: Load, key: LoadKey): Promise<Counts | undefined> {
  await repair(records, lake);
  const record = await records.find(key);
  if (record?.state === 'UNDONE') throw loadUndone(key);
  return record === undefined ? undefined : countsOf(record, load, key);
}

/**
 * Puts a staged file in its place, once per key and never after an undo.
 *
 * @returns what was published now or before, or undefined when the target has changed since the file was staged
 */
export async function publish(lake: Lake, load: Load, key: LoadKey, staged: Staged, signal: AbortSignal): Promise<Counts | undefined> {
  return withLedger(lake, signal, async (records) => {
    const before = await publishedBefore(records, lake, load, key);
    if (before !== undefined) return before;
    if ((await versionOf(staged.target)) !== staged.version) return undefined;
    await records.prepare(await prepared(lake, load, key, staged));
    await repair(records, lake);
    return publishedBefore(records, lake, load, key);
  });
}

async function prepared(lake: Lake, load: Load, key: LoadKey, staged: Staged): Promise<Omit<LoadRecord, 'sequence' | 'state'>> {
  const kept = existsSync(staged.target) ? lake.own('kept', `${key.short}.parquet`) : undefined;
  if (kept !== undefined) await keep(staged.target, kept);
  const path = (file: string) => relative(lake.folder, file);
  const inode = String((await stat(staged.file, { bigint: true })).ino);
  return {
    key: key.text,
    mode: load.mode,
    declaration: declarationOf(load),
    target: path(staged.target),
    staged: path(staged.file),
    inode,
    kept: kept === undefined ? null : path(kept),
    ...staged.counts,
  };
}

/** A second name for the file: its bytes stay though the first name gets another file. */
async function keep(file: string, kept: string): Promise<void> {
  await mkdir(dirname(kept), { recursive: true });
  await rm(kept, { force: true });
  await link(file, kept).catch(() => copyFile(file, kept));
  await syncPath(dirname(kept));
}

/** Completes what a crash, of whatever process, left half done. Whoever holds the ledger does it first. */
export async function repair(records: Records, lake: Lake): Promise<void> {
  for (const record of await records.unfinished()) {
    if (record.state === 'PREPARED') await completePublish(records, lake, record);
    else await completeUndo(records, lake, record);
  }
}

async function completePublish(records: Records, lake: Lake, record: LoadRecord): Promise<void> {
  const staged = join(lake.folder, record.staged);
  const target = join(lake.folder, record.target);
  if (existsSync(staged)) await moveInto(staged, target).catch((error: unknown) => giveUp(records, record, error));
  const inode = String((await stat(target, { bigint: true }).catch(() => undefined))?.ino);
  // The staged file is gone and the target is not it: then the load has not happened, and may begin anew.
  if (inode === record.inode) await records.mark(record.key, 'PUBLISHED');
  else await records.forget(record.key);
}

/** A rename that the file system refuses must not stand in the way of the lake's other loads. */
async function giveUp(records: Records, record: LoadRecord, error: unknown): Promise<never> {
  await records.forget(record.key);
  throw error;
}

/** Brings the old file back under its first name. It may be done twice. */
export async function completeUndo(records: Records, lake: Lake, record: LoadRecord): Promise<void> {
  const target = join(lake.folder, record.target);
  if (record.kept === null) await rm(target, { force: true });
  else await restore(join(lake.folder, record.kept), target, lake.own('staging', `${record.inode}.restored`));
  if (existsSync(dirname(target))) await syncPath(dirname(target));
  await records.mark(record.key, 'UNDONE');
}

async function restore(kept: string, target: string, between: string): Promise<void> {
  await keep(kept, between);
  await moveInto(between, target);
  await rm(between, { force: true });
}
