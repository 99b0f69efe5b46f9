import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import type { DuckDbFolderEngine } from '../../engines/duckdb/folder-engine.js';
import type { Column, LocalData, Statement } from '../../engines/engine.js';
import { findColumn } from '../../engines/where.js';
import type { Counts } from '../attempt.js';
import type { Load } from '../steps.js';
import type { Place } from './place.js';

interface Ingredients {
  readonly engine: DuckDbFolderEngine;
  readonly load: Load;
  readonly data: LocalData;
  /** The columns that the table has, or will have. */
  readonly columns: readonly Column[];
  /** The file whose place the new one takes. */
  readonly target: string | undefined;
  readonly partition: Place['partition'];
}

/** What the new file has in it, and what that means for the table. */
export interface Composed {
  readonly query: Statement;
  readonly counts: Omit<Counts, 'bytes'>;
}

/**
 * Says what the new file has in it: the rows alone, or together with those of the old file that stay.
 *
 * @throws ValidationError when rows belong to another partition, or keys are NULL or repeated
 */
export async function composeFile({ engine, load, data, columns, target, partition }: Ingredients): Promise<Composed> {
  if (load.mode === 'scd2')
    throw new ValidationError('scd2 loads go into PostgreSQL and Iceberg; this connection is a folder of Parquet.', {
      where: load.load,
      fix: 'Use merge, or load into a connection of the kind postgres or trino.',
    });
  const rows = `SELECT ${columns.map(({ name, type }) => `CAST(${quoteIdentifier(name)} AS ${type}) AS ${quoteIdentifier(name)}`).join(', ')} FROM ${data.relation}`;
  await define(engine, 'headrace_rows', { text: rows, parameters: data.parameters });
  const count = await countRows(engine, 'headrace_rows');
  if (partition !== undefined) await checkPartition(engine, partition, load);
  if (target !== undefined) await define(engine, 'headrace_old', await readOld(engine, target, columns, partition));
  const old = target === undefined ? 0 : await countRows(engine, 'headrace_old');
  if (load.mode === 'merge') return compileMerge(engine, load.keys, columns, count, target !== undefined, load);
  if (load.mode === 'append' && target !== undefined)
    return { query: { text: 'FROM headrace_old UNION ALL FROM headrace_rows' }, counts: { rows: count, inserted: count, updated: 0, deleted: 0 } };
  return { query: { text: 'FROM headrace_rows' }, counts: { rows: count, inserted: count, updated: 0, deleted: old } };
}

/** The old file's rows. Where another program wrote it, its partition column is in the folder's name alone. */
async function readOld(engine: DuckDbFolderEngine, file: string, columns: readonly Column[], partition: Place['partition']): Promise<Statement> {
  const relation = `read_parquet(${quoteLiteral(file)}, hive_partitioning=false)`;
  const inside = (await engine.session.describe({ text: `FROM ${relation}` })).map(({ name }) => name);
  const value = (name: string) => (inside.includes(name) || name !== partition?.column ? quoteIdentifier(name) : quoteLiteral(partition.value));
  return { text: `SELECT ${columns.map(({ name, type }) => `CAST(${value(name)} AS ${type}) AS ${quoteIdentifier(name)}`).join(', ')} FROM ${relation}` };
}

/** Parameters cannot stand in a view: such rows are read into a table, which DuckDB keeps on the disk where memory is short. */
async function define(engine: DuckDbFolderEngine, name: string, query: Statement): Promise<void> {
  const kind = query.parameters === undefined || query.parameters.length === 0 ? 'VIEW' : 'TABLE';
  await engine.session.rows(`DROP ${kind} IF EXISTS temp.${name}`);
  await engine.session.rows(`CREATE TEMP ${kind} ${name} AS ${query.text}`, query.parameters);
}

async function countRows(engine: DuckDbFolderEngine, relation: string): Promise<number> {
  return (await engine.session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${relation}`))[0]?.n ?? 0;
}

async function checkPartition(engine: DuckDbFolderEngine, { column, value, type }: NonNullable<Place['partition']>, load: Load): Promise<void> {
  const name = quoteIdentifier(column);
  const text = `SELECT count(*) AS n, CAST(min(${name}) AS VARCHAR) AS example FROM headrace_rows WHERE ${name} IS DISTINCT FROM CAST($1 AS ${type})`;
  const [strangers] = await engine.session.rows<{ n: number; example: string | null }>(text, [value]);
  if (strangers === undefined || strangers.n === 0) return;
  throw new ValidationError(
    `${strangers.n} rows do not belong to the partition ${column} = ${value}: they have ${strangers.example ?? 'NULL'} there, for example.`,
    {
      where: load.load,
      fix: 'Select the rows of one partition before the load.',
    },
  );
}

async function compileMerge(
  engine: DuckDbFolderEngine,
  keys: readonly string[],
  columns: readonly Column[],
  count: number,
  old: boolean,
  load: Load,
): Promise<Composed> {
  const names = keys.map((key) => quoteIdentifier(findColumn(columns, key, load.into.table).name));
  await checkKeys(engine, names, load);
  const match = names.map((name) => `rows.${name} = old.${name}`).join(' AND ');
  const updated = old ? await countRows(engine, `(SELECT 1 FROM headrace_old AS old WHERE EXISTS (SELECT 1 FROM headrace_rows AS rows WHERE ${match}))`) : 0;
  const text = old
    ? `SELECT * FROM headrace_old AS old WHERE NOT EXISTS (SELECT 1 FROM headrace_rows AS rows WHERE ${match}) UNION ALL FROM headrace_rows`
    : 'FROM headrace_rows';
  return { query: { text }, counts: { rows: count, inserted: count - updated, updated, deleted: 0 } };
}

async function checkKeys(engine: DuckDbFolderEngine, names: readonly string[], load: Load): Promise<void> {
  const missing = await countRows(engine, `(FROM headrace_rows WHERE ${names.map((name) => `${name} IS NULL`).join(' OR ')})`);
  const repeated = await countRows(engine, `(SELECT 1 FROM headrace_rows GROUP BY ${names.join(', ')} HAVING count(*) > 1)`);
  if (missing + repeated === 0) return;
  throw new ValidationError(`The keys ${names.join(', ')} do not tell the rows apart: ${missing} rows have NULL, and ${repeated} keys are repeated.`, {
    where: load.load,
    fix: 'Load one row per key.',
  });
}
