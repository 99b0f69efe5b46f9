import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../../engines/dialect.js';
import type { Column, Parameter } from '../../engines/engine.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { findColumn } from '../../engines/where.js';
import type { Counts, LoadKey } from '../attempt.js';
import type { Load } from '../steps.js';
import type { Target } from './target.js';
import { applyVersions } from './versions.js';

/** A load that is being applied, inside its transaction. */
export interface Application {
  readonly engine: PostgresEngine;
  readonly load: Load;
  readonly key: LoadKey;
  readonly target: Target;
  /** The staged rows' table, quoted. */
  readonly rows: string;
  readonly columns: readonly Column[];
}

/** What was done, and what is needed to undo it. */
export interface Applied extends Omit<Counts, 'rows' | 'bytes'> {
  readonly kept: string | null;
  readonly identity: string[];
  readonly partition: string | null;
}

/** Applies staged rows to the target and keeps what they replace. @throws ValidationError when the rows are not what the mode needs */
export async function apply(application: Application): Promise<Applied> {
  const { load } = application;
  if (load.mode === 'overwrite_partition') return overwrite(application, load);
  if (load.mode === 'merge') return merge(application, load);
  if (load.mode === 'scd2') return applyVersions(application, load);
  return { ...(await insert(application)), updated: 0, deleted: 0, kept: null, identity: [], partition: null };
}

async function overwrite(application: Application, load: Extract<Load, { mode: 'overwrite_partition' }>): Promise<Applied> {
  const { target, rows } = application;
  const column = findColumn(target.columns, load.partitionBy, load.into.table);
  findColumn(application.columns, load.partitionBy, load.from.table);
  const name = quoteIdentifier(column.name);
  const value = `CAST($1 AS ${column.type})`;
  const strangers = await count(application, `${rows} WHERE ${name} IS DISTINCT FROM ${value}`, [load.partition]);
  if (strangers > 0)
    throw new ValidationError(`${strangers} rows do not belong to the partition ${load.partitionBy} = ${load.partition}.`, {
      where: load.load,
      fix: 'Select the rows of one partition before the load.',
    });
  const [partition] = await application.engine.session.rows<{ value: string }>(`SELECT ${value}::text AS value`, [load.partition]);
  const kept = await keep(application, `SELECT * FROM ${target.name} WHERE ${name} = ${value}`, [load.partition]);
  const deleted = await change(application, `DELETE FROM ${target.name} WHERE ${name} = ${value}`, [load.partition]);
  return { ...(await insert(application)), updated: 0, deleted, kept, identity: [], partition: partition?.value ?? null };
}

async function merge(application: Application, { keys, load, into }: Extract<Load, { mode: 'merge' }>): Promise<Applied> {
  const { target, rows, columns } = application;
  const names = await checkKeys(application, keys, load, into.table);
  const match = names.map((name) => `target.${name} = rows.${name}`).join(' AND ');
  const kept = await keep(application, `SELECT target.* FROM ${target.name} AS target WHERE EXISTS (SELECT FROM ${rows} AS rows WHERE ${match})`);
  const values = columns.filter(({ name }) => !keys.includes(name)).map((column) => `${quoteIdentifier(column.name)} = ${stagedValue(application, column)}`);
  const updated =
    values.length === 0 ? 0 : await change(application, `UPDATE ${target.name} AS target SET ${values.join(', ')} FROM ${rows} AS rows WHERE ${match}`);
  const inserted = await insert(application, `WHERE NOT EXISTS (SELECT FROM ${target.name} AS target WHERE ${match})`);
  return { ...inserted, updated, deleted: 0, kept, identity: [...keys], partition: null };
}

/** The quoted keys of a load, which must tell its rows and the target's apart. @throws ValidationError */
export async function checkKeys(
  application: Application,
  keys: readonly string[],
  load: string,
  table: string,
  targetRows = application.target.name,
): Promise<string[]> {
  const names = keys.map((key) => quoteIdentifier(findColumn(application.columns, key, table).name));
  const list = names.join(', ');
  const missing = await count(application, `${application.rows} WHERE ${names.map((name) => `${name} IS NULL`).join(' OR ')}`);
  const repeated = await count(application, `(SELECT FROM ${application.rows} GROUP BY ${list} HAVING count(*) > 1) AS repeated`);
  const ambiguous = await count(
    application,
    `(SELECT FROM ${targetRows} AS present WHERE (${list}) IN (SELECT ${list} FROM ${application.rows}) GROUP BY ${list} HAVING count(*) > 1) AS repeated`,
  );
  if (missing + repeated + ambiguous === 0) return names;
  const what = `${missing} rows have NULL, ${repeated} keys are repeated among the rows, ${ambiguous} in the table`;
  throw new ValidationError(`The keys ${list} do not tell the rows apart: ${what}.`, { where: load, fix: 'Load one row per key.' });
}

/** Inserts staged rows. */
export async function insert(application: Application, which = '', from = application.rows): Promise<{ inserted: number }> {
  const { target, columns } = application;
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const values = columns.map((column) => stagedValue(application, column)).join(', ');
  return {
    inserted: await change(application, `INSERT INTO ${target.name} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${from} AS rows ${which}`),
  };
}

/** A staged value as the target's type. A text is left to the assignment, which refuses what is too long where a cast would cut it. */
export function stagedValue({ target }: Application, { name }: Column): string {
  const type = target.columns.find((column) => column.name === name)?.type ?? 'text';
  return /^(text|character)/.test(type) ? `rows.${quoteIdentifier(name)}` : `CAST(rows.${quoteIdentifier(name)} AS ${type})`;
}

/** Keeps rows under the load's name. */
export async function keep({ engine, key }: Application, query: string, parameters: Parameter[] = []): Promise<string> {
  const name = `kept_${key.short}`;
  await engine.session.rows(`CREATE TABLE headrace_ledger.${quoteIdentifier(name)} AS ${query}`, parameters);
  return name;
}

/** Runs a statement that changes rows, and counts them. */
export async function change({ engine }: Application, text: string, parameters: Parameter[] = []): Promise<number> {
  return (await engine.session.run({ text, parameters })).changed ?? 0;
}

async function count({ engine }: Application, from: string, parameters: Parameter[] = []): Promise<number> {
  return (await engine.session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`, parameters))[0]?.n ?? 0;
}
