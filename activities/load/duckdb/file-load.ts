import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../../engines/dialect.js';
import type { DuckDbFileEngine } from '../../engines/duckdb/file-engine.js';
import type { Column, LocalData } from '../../engines/engine.js';
import { parseTableName, quoteTable } from '../../engines/table-name.js';
import { findColumn } from '../../engines/where.js';
import { builtUpon, type Counts, countsOf, declarationOf, keptIsGone, type LoadKey, loadUndone } from '../attempt.js';
import { checkFit } from '../fit.js';
import { inTurn } from '../in-turn.js';
import type { Load } from '../steps.js';
import { FileLedger, type FileLoad } from './file-ledger.js';

/** Loads rows into a table of a .duckdb file, in one transaction that also keeps what they replace. */
export async function loadDuckDbFile(
  engine: DuckDbFileEngine,
  load: Load,
  key: LoadKey,
  bring: () => Promise<LocalData>,
  signal: AbortSignal,
): Promise<Counts> {
  const ledger = new FileLedger(engine.session);
  const before = await alone(engine, signal, async () => {
    await ledger.ensure();
    await ledger.prune();
    return publishedBefore(ledger, load, key);
  });
  if (before !== undefined) return before;
  const data = await bring();
  try {
    return await alone(engine, signal, () =>
      engine.session.transaction(async () => (await publishedBefore(ledger, load, key)) ?? (await apply(engine, ledger, load, key, data))),
    );
  } finally {
    await data.dispose();
  }
}

/** DuckDB refuses one of two transactions that make or change the same tables: the loads of a file, which one process holds, come one by one. */
function alone<Result>({ connection }: DuckDbFileEngine, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return inTurn(`the loads into ${connection}`, signal, work);
}

async function publishedBefore(ledger: FileLedger, load: Load, key: LoadKey): Promise<Counts | undefined> {
  const row = await ledger.find(key);
  if (row?.state === 'UNDONE') throw loadUndone(key);
  return row === undefined ? undefined : countsOf(row, load, key);
}

async function apply(engine: DuckDbFileEngine, ledger: FileLedger, load: Load, key: LoadKey, data: LocalData): Promise<Counts> {
  const { session } = engine;
  const { columns, created } = await openTarget(engine, load, data.columns);
  const target = quoteTable(load.into.table);
  const added = ledger.added(key);
  const list = columns.map(({ name, type }) => `CAST(${quoteIdentifier(name)} AS ${type}) AS ${quoteIdentifier(name)}`).join(', ');
  const { changed: rows = 0 } = await session.query({ text: `CREATE TABLE ${added} AS SELECT ${list} FROM ${data.relation}`, parameters: data.parameters }, 1);
  const replaced = await whatIsReplaced(engine, load, columns, added);
  await session.rows(`CREATE TABLE ${ledger.removed(key)} AS SELECT * FROM ${target} AS target WHERE ${replaced.condition}`, replaced.parameters);
  const { changed: removed = 0 } = await session.query(
    { text: `DELETE FROM ${target} AS target WHERE ${replaced.condition}`, parameters: replaced.parameters },
    1,
  );
  await session.rows(`INSERT INTO ${target} SELECT * FROM ${added}`);
  const updated = load.mode === 'merge' ? removed : 0;
  const counts = { rows, bytes: 0, inserted: rows - updated, updated, deleted: removed - updated };
  await ledger.publish(key, counts, { declaration: declarationOf(load), created, target, partition: replaced.partition });
  return counts;
}

async function openTarget(engine: DuckDbFileEngine, load: Load, rows: readonly Column[]): Promise<{ columns: Column[]; created: boolean }> {
  const { schema } = parseTableName(load.into.table);
  const present = await engine.columns(load.into.table).catch(() => undefined);
  if (present !== undefined) {
    checkFit(rows, present, load.into.table);
    return { columns: present, created: false };
  }
  if (schema !== undefined) await engine.session.rows(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
  await engine.session.rows(`CREATE TABLE ${quoteTable(load.into.table)} (${rows.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')})`);
  return { columns: [...rows], created: true };
}

async function whatIsReplaced(
  { session }: DuckDbFileEngine,
  load: Load,
  columns: readonly Column[],
  added: string,
): Promise<{ condition: string; parameters: (string | number)[]; partition: string | null }> {
  if (load.mode === 'scd2')
    throw new ValidationError('scd2 loads go into PostgreSQL and Iceberg; this connection is a .duckdb file.', {
      where: load.load,
      fix: 'Use merge, or load into a connection of the kind postgres or trino.',
    });
  if (load.mode === 'append') return { condition: 'FALSE', parameters: [], partition: null };
  if (load.mode === 'merge') {
    const keys = load.keys.map((key) => quoteIdentifier(findColumn(columns, key, load.into.table).name));
    const [wrong] = await session.rows<{ n: number }>(
      `SELECT count(*) AS n FROM (SELECT 1 FROM ${added} GROUP BY ${keys.join(', ')} HAVING count(*) > 1 OR ${keys.map((key) => `${key} IS NULL`).join(' OR ')})`,
    );
    if (wrong !== undefined && wrong.n > 0)
      throw new ValidationError(`The keys ${keys.join(', ')} do not tell the rows apart: ${wrong.n} are repeated or NULL.`, {
        where: load.load,
        fix: 'Load one row per key.',
      });
    return {
      condition: `EXISTS (SELECT 1 FROM ${added} AS added WHERE ${keys.map((key) => `added.${key} = target.${key}`).join(' AND ')})`,
      parameters: [],
      partition: null,
    };
  }
  const column = findColumn(columns, load.partitionBy, load.into.table);
  const name = quoteIdentifier(column.name);
  const [strangers] = await session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${added} WHERE ${name} IS DISTINCT FROM CAST($1 AS ${column.type})`, [
    load.partition,
  ]);
  if (strangers !== undefined && strangers.n > 0)
    throw new ValidationError(`${strangers.n} rows do not belong to the partition ${load.partitionBy} = ${load.partition}.`, {
      where: load.load,
      fix: 'Select the rows of one partition before the load.',
    });
  const [partition] = await session.rows<{ value: string }>(`SELECT CAST(CAST($1 AS ${column.type}) AS VARCHAR) AS value`, [load.partition]);
  return { condition: `target.${name} = CAST($1 AS ${column.type})`, parameters: [load.partition], partition: partition?.value ?? null };
}

/** Takes a load of a .duckdb file back, in one transaction. @throws Refused when its rows have been changed since */
export async function undoDuckDbFile(engine: DuckDbFileEngine, table: string, key: LoadKey, signal: AbortSignal): Promise<{ undone: boolean; rows: number }> {
  const ledger = new FileLedger(engine.session);
  const undo = async () => {
    const row = await ledger.find(key);
    if (row?.state === 'EXPIRED') throw keptIsGone(key);
    if (row?.state === 'PUBLISHED') await undoPublished(engine, ledger, table, key, row);
    await ledger.markUndone(key);
    return row?.state === 'PUBLISHED' ? { undone: true, rows: row.deleted + row.updated } : { undone: false, rows: 0 };
  };
  return alone(engine, signal, async () => {
    await ledger.ensure();
    return engine.session.transaction(undo);
  });
}

/** Where a later load has replaced all of this one's rows, what this one replaced is what the later one's undo brings back. */
async function undoPublished(engine: DuckDbFileEngine, ledger: FileLedger, table: string, key: LoadKey, row: FileLoad): Promise<void> {
  const later = await ledger.overwriting(row);
  if (later === undefined) await restore(engine, ledger, table, key, row.created);
  else await ledger.leaveOut(row, later);
}

async function restore({ session, ...engine }: DuckDbFileEngine, ledger: FileLedger, table: string, key: LoadKey, created: boolean): Promise<void> {
  const target = quoteTable(table);
  const [missing] = await session.rows<{ n: number }>(`SELECT count(*) AS n FROM (FROM ${ledger.added(key)} EXCEPT ALL FROM ${target})`);
  if (missing !== undefined && missing.n > 0) throw builtUpon(key, `that changed ${missing.n} of its rows in '${engine.connection}'`);
  await session.rows(`DELETE FROM ${target} WHERE rowid IN (${await addedRows(session, ledger.added(key), target)})`);
  await session.rows(`INSERT INTO ${target} SELECT * FROM ${ledger.removed(key)}`);
  await session.rows(`DROP TABLE ${ledger.added(key)}`);
  await session.rows(`DROP TABLE ${ledger.removed(key)}`);
  const [left] = await session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${target}`);
  if (created && left?.n === 0) await session.rows(`DROP TABLE ${target}`);
}

/** As many rows of the target as were added, of those that equal them. */
async function addedRows(session: DuckDbFileEngine['session'], added: string, target: string): Promise<string> {
  const names = (await session.describe({ text: `FROM ${added}` })).map(({ name }) => quoteIdentifier(name));
  const same = names.map((name) => `present.${name} IS NOT DISTINCT FROM gone.${name}`).join(' AND ');
  return `SELECT present.headrace_row FROM (SELECT rowid AS headrace_row, *, row_number() OVER (PARTITION BY ${names.join(', ')}) AS headrace_nth FROM ${target}) AS present
    JOIN (SELECT *, count(*) AS headrace_times FROM ${added} GROUP BY ALL) AS gone ON ${same} AND headrace_nth <= headrace_times`;
}
