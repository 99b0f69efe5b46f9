import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import { ownLimits, sharedInstance } from '../duckdb/instances.js';
import { DuckDbSession } from '../duckdb/session.js';
import type { Column, LocalData } from '../engine.js';
import type { TrinoSession } from './session.js';
import { toTrinoType } from './types.js';

/** Characters that may go into Trino as statements: more belong into files or tables that a catalog of Trino's reads. */
const mostCharacters = 64_000_000;

/** Characters of one INSERT: Trino takes a million, unless it is told otherwise. */
const batch = 600_000;

/** The definition of a table in Trino's types for columns in DuckDB's. */
export function definition(columns: readonly Column[]): string {
  return `(${columns.map(({ name, type }) => `${quoteIdentifier(name)} ${toTrinoType(type)}`).join(', ')})`;
}

/**
 * Inserts local rows into a table that has their columns: many rows in one text literal of JSON, which Trino plans as fast as one row. Each value is text in it, and cast there.
 *
 * @throws ValidationError too_many_rows, before anything is inserted
 */
export async function insertRows(session: TrinoSession, quoted: string, data: LocalData): Promise<void> {
  const values = data.columns.map((column, index) => read(`fields[${index + 1}]`, toTrinoType(column.type))).join(', ');
  for (const rows of await batches(session, data)) {
    const fields = `CAST(json_parse(${quoteLiteral(`[${rows.join(',')}]`)}) AS array(array(varchar)))`;
    await session.all(`INSERT INTO ${quoted} SELECT ${values} FROM UNNEST(${fields}) AS rows(fields)`);
  }
}

function read(field: string, type: string): string {
  if (type === 'varchar') return field;
  return type === 'varbinary' ? `from_hex(${field})` : `CAST(${field} AS ${type})`;
}

async function batches(session: TrinoSession, { columns, relation, parameters }: LocalData): Promise<string[][]> {
  const local = await DuckDbSession.open(await sharedInstance('trino', ownLimits), 'trino', session.context.signal);
  try {
    const row = `CAST(to_json([${columns.map(({ name, type }) => textOf(quoteIdentifier(name), type)).join(', ')}]) AS VARCHAR)`;
    const size = `SELECT coalesce(sum(length(row)), 0) AS size FROM (SELECT ${row} AS row FROM ${relation})`;
    const [found] = await local.rows<{ size: number }>(size, parameters);
    if (Number(found?.size) > mostCharacters) throw tooMany(session.connection);
    const rows = await local.rows<{ row: string }>(`SELECT ${row} AS row FROM ${relation}`, parameters);
    return split(rows.map((it) => it.row));
  } finally {
    local.close();
  }
}

function tooMany(connection: string): ValidationError {
  return new ValidationError(`More than ${mostCharacters / 1_000_000} MB of rows cannot go into Trino of '${connection}' as statements.`, {
    code: 'too_many_rows',
    where: connection,
    fix: 'Write them to where a catalog of Trino reads them, such as a PostgreSQL connection, and select from there.',
  });
}

/** A value as text that Trino can cast. */
function textOf(column: string, type: string): string {
  if (type === 'BLOB') return `hex(${column})`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return `strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f') || ' UTC'`;
  if (type === 'DOUBLE' || type === 'FLOAT') return `replace(replace(CAST(${column} AS VARCHAR), 'inf', 'Infinity'), 'nan', 'NaN')`;
  if (/[[(]/.test(type) && !/^(DECIMAL|ENUM)/.test(type)) return `CAST(to_json(${column}) AS VARCHAR)`;
  return `CAST(${column} AS VARCHAR)`;
}

function split(rows: readonly string[]): string[][] {
  const parts: string[][] = [];
  let characters = batch;
  for (const row of rows) {
    const size = row.replaceAll("'", "''").length + 1;
    if (characters + size > batch) {
      parts.push([]);
      characters = 0;
    }
    parts.at(-1)?.push(row);
    characters += size;
  }
  return parts;
}
