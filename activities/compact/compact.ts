import type * as z from 'zod';
import { quoteLiteral } from '../engines/dialect.js';
import { acceptedAt } from '../engines/trino/query-id.js';
import { Bindings, compileWhere } from '../engines/where.js';
import { keptDays } from '../load/attempt.js';
import { IcebergTable } from '../load/iceberg/iceberg-table.js';
import type { Lakehouse } from '../load/iceberg/lakehouse.js';
import { Ledger, type PublishedLoad } from '../load/iceberg/ledger.js';
import type { compactIcebergTable } from './steps.js';

type Input = z.output<typeof compactIcebergTable.input>;

interface Size {
  files: number;
  bytes: number;
  snapshots: number;
}

/** Milliseconds by which the clocks of Trino and of the file store may differ. */
const clocks = 60_000;

/** Compacts a table. Each of its parts is one commit, or none, so that an attempt that breaks off is simply repeated. */
export async function compact(lakehouse: Lakehouse, input: Input) {
  const table = new IcebergTable(lakehouse, input.table.table);
  const undoable = input.forgetUndo ? [] : await loadsThatCanBeUndone(new Ledger(lakehouse, table));
  const before = await measure(lakehouse, table);
  await optimize(lakehouse, table, input, undoable);
  await lakehouse.runAlone(`ALTER TABLE ${table.quoted} EXECUTE optimize_manifests`);
  if (await mayForget(lakehouse, table)) await forget(lakehouse, table, input, undoable);
  const after = await measure(lakehouse, table);
  const compare = (what: keyof Size) => ({ before: before[what], after: after[what] });
  return { files: compare('files'), bytes: compare('bytes'), snapshots: compare('snapshots'), undoable: undoable.length, cost: lakehouse.engine.cost };
}

/** Nessie's tables say no: their files may belong to other branches, and its own collector takes them away. */
async function mayForget(lakehouse: Lakehouse, table: IcebergTable): Promise<boolean> {
  const [found] = await lakehouse.rows<{ value: string }>(`SELECT value FROM ${table.about('properties')} WHERE key = 'gc.enabled'`);
  return found?.value !== 'false';
}

async function forget(lakehouse: Lakehouse, table: IcebergTable, { keepSnapshots, keepOrphans }: Input, undoable: readonly PublishedLoad[]): Promise<void> {
  const seconds = Math.max(keepSnapshots * 86_400, await secondsSinceOldestBase(lakehouse, table, undoable));
  await lakehouse.runAlone(`ALTER TABLE ${table.quoted} EXECUTE expire_snapshots(retention_threshold => '${Math.ceil(seconds)}s')`);
  await lakehouse.runAlone(`ALTER TABLE ${table.quoted} EXECUTE remove_orphan_files(retention_threshold => '${Math.ceil(keepOrphans * 86_400)}s')`);
}

async function loadsThatCanBeUndone(ledger: Ledger): Promise<PublishedLoad[]> {
  const oldest = new Date(Date.now() - keptDays * 86_400_000).toISOString().replace('T', ' ');
  return (await ledger.published()).filter(({ undone, snapshot, committedAt }) => !undone && snapshot !== null && committedAt >= oldest);
}

/** Undo finds a load's rows by the files that it wrote: those of loads that can be undone are left alone. */
async function optimize(lakehouse: Lakehouse, table: IcebergTable, { where, filesBelow }: Input, undoable: readonly PublishedLoad[]): Promise<void> {
  const bindings = new Bindings(lakehouse.engine.dialect);
  const conditions = where.length === 0 ? '' : compileWhere(where, await lakehouse.columns(table.text), table.text, bindings, lakehouse.engine.dialect);
  const begun = undoable.map(({ query }) => begunAt(query)).sort()[0];
  const old = begun === undefined ? [] : [`"$file_modified_time" < TIMESTAMP ${quoteLiteral(`${begun} UTC`)}`];
  const all = [...(conditions === '' ? [] : [conditions.replace(/^ WHERE /, '')]), ...old];
  const text = `ALTER TABLE ${table.quoted} EXECUTE optimize(file_size_threshold => '${filesBelow}MB')${all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`}`;
  await lakehouse.runAlone(text, bindings.values);
}

function begunAt(query: string): string {
  return new Date(acceptedAt(query) - clocks).toISOString().slice(0, 19).replace('T', ' ');
}

/** The snapshots before loads that can be undone may be much older than the loads. */
async function secondsSinceOldestBase(lakehouse: Lakehouse, table: IcebergTable, undoable: readonly PublishedLoad[]): Promise<number> {
  const bases = undoable.map(({ base }) => base).filter((base) => base !== '');
  if (bases.length === 0) return 0;
  const [found] = await lakehouse.rows<{ seconds: number }>(
    `SELECT date_diff('second', min(committed_at), current_timestamp) AS seconds FROM ${table.about('snapshots')} WHERE snapshot_id IN (${bases.map(BigInt).join(', ')})`,
  );
  return (found?.seconds ?? 0) + clocks / 1_000;
}

async function measure(lakehouse: Lakehouse, table: IcebergTable): Promise<Size> {
  const [found] = await lakehouse.rows<Size>(
    `SELECT count(*) AS files, COALESCE(sum(file_size_in_bytes), 0) AS bytes, (SELECT count(*) FROM ${table.about('snapshots')}) AS snapshots FROM ${table.about('files')}`,
  );
  return found as Size;
}
