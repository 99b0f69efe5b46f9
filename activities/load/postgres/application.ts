import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../../engines/dialect.js';
import type { Column, Parameter } from '../../engines/engine.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { findColumn } from '../../engines/where.js';
import type { Counts, LoadKey } from '../attempt.js';
import type { Load } from '../steps.js';
import type { Target } from './target.js';

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

/** How many rows there are of what stands after FROM. */
export async function count({ engine }: Application, from: string, parameters: Parameter[] = []): Promise<number> {
  return (await engine.session.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`, parameters))[0]?.n ?? 0;
}
