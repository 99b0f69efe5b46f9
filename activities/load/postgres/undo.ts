import { quoteIdentifier } from '../../engines/dialect.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { quoteTable } from '../../engines/table-name.js';
import { builtUpon, keptIsGone, type LoadKey } from '../attempt.js';
import { Ledger, type LoadRow } from './ledger.js';
import { targetColumns } from './target.js';

/**
 * Takes a load of PostgreSQL back, in one transaction: its rows are found by the transaction that wrote them, and those that it replaced are put back.
 *
 * @returns whether there was something to undo, and how many rows are back
 * @throws Refused when its rows have been changed since
 */
export async function undoPostgres(engine: PostgresEngine, table: string, key: LoadKey): Promise<{ undone: boolean; rows: number }> {
  const ledger = new Ledger(engine);
  await ledger.ensure();
  return engine.session.transaction(async () => {
    await ledger.holdTarget(quoteTable(table));
    const row = await ledger.find(key);
    if (row?.state === 'EXPIRED') throw keptIsGone(key);
    if (row?.state !== 'PUBLISHED') {
      await ledger.markUndone(key);
      return { undone: false, rows: 0 };
    }
    await undoPublished(engine, ledger, table, key, row);
    return { undone: true, rows: row.deleted + row.updated };
  });
}

async function undoPublished(engine: PostgresEngine, ledger: Ledger, table: string, key: LoadKey, row: LoadRow): Promise<void> {
  const later = await replacing(ledger, row);
  if (later === undefined && !(await untouched(engine, row))) throw builtUpon(key, (await ledger.later(row))?.key ?? 'of another program');
  if (later === undefined) await restore(engine, table, key, row);
  else await leaveOut(engine, ledger, row, later);
  await ledger.markUndone(key);
}

/** Whether all rows that the load wrote are as it wrote them. */
async function untouched(engine: PostgresEngine, row: LoadRow): Promise<boolean> {
  await engine.session.rows(`LOCK TABLE ${row.target} IN SHARE ROW EXCLUSIVE MODE`);
  const [found] = await engine.session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${row.target} WHERE ${written(row)}`);
  return found?.n === row.inserted + row.updated;
}

/** Row versions carry the 32 low bits of their transaction; a load is undone long before they come round. */
function written(row: LoadRow): string {
  return `xmin = '${BigInt(row.transaction) & 0xffff_ffffn}'::xid`;
}

/** The load that has overwritten the partition since. It is asked for first: of a load without rows, all are untouched for ever. */
async function replacing(ledger: Ledger, row: LoadRow): Promise<LoadRow | undefined> {
  const later = row.mode === 'overwrite_partition' ? await ledger.later(row) : undefined;
  return later?.mode === 'overwrite_partition' ? later : undefined;
}

/** A later load has replaced all of this one's rows: what this one replaced is then what the later one's undo brings back. */
async function leaveOut(engine: PostgresEngine, ledger: Ledger, row: LoadRow, later: LoadRow): Promise<void> {
  await ledger.keepInstead(later.key, row.kept);
  if (later.kept !== null) await engine.session.rows(`DROP TABLE IF EXISTS headrace_ledger.${quoteIdentifier(later.kept)}`);
}

async function restore(engine: PostgresEngine, table: string, key: LoadKey, row: LoadRow): Promise<void> {
  const kept = row.kept === null ? undefined : `headrace_ledger.${quoteIdentifier(row.kept)}`;
  if (kept !== undefined && (await targetColumns(engine, kept)).length === 0) throw keptIsGone(key);
  const stored = (await targetColumns(engine, table)).filter(({ generated }) => !generated);
  const columns = stored.map(({ name }) => quoteIdentifier(name)).join(', ');
  if (kept !== undefined && row.identity.length > 0) {
    const match = row.identity.map((name) => `target.${quoteIdentifier(name)} = kept.${quoteIdentifier(name)}`).join(' AND ');
    const values = stored
      .filter(({ fixed }) => !fixed)
      .map(({ name }) => `${quoteIdentifier(name)} = kept.${quoteIdentifier(name)}`)
      .join(', ');
    await engine.session.rows(`UPDATE ${row.target} AS target SET ${values} FROM ${kept} AS kept WHERE ${match} AND target.${written(row)}`);
  }
  await engine.session.rows(`DELETE FROM ${row.target} WHERE ${written(row)}`);
  if (kept !== undefined && row.identity.length === 0)
    await engine.session.rows(`INSERT INTO ${row.target} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${kept}`);
  if (kept !== undefined) await engine.session.rows(`DROP TABLE ${kept}`);
  if (row.created) await dropEmpty(engine, row.target);
}

/** A table that the load made goes with its rows, unless others have put rows into it. */
async function dropEmpty(engine: PostgresEngine, target: string): Promise<void> {
  const rows = await engine.session.rows(`SELECT 1 AS present FROM ${target} LIMIT 1`);
  if (rows.length === 0) await engine.session.rows(`DROP TABLE ${target}`);
}
