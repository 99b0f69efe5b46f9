import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import copyStreams from 'pg-copy-streams';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import { ownLimits, sharedInstance } from '../duckdb/instances.js';
import { DuckDbSession } from '../duckdb/session.js';
import type { Column, LocalData } from '../engine.js';
import type { PostgresSession } from './session.js';
import { toDuckDbType, toPostgresType } from './types.js';

/** Rows travel as CSV in a file: texts are always quoted, so that an empty one is not NULL. Its longest row, in bytes. */
const longestRow = 64 * 1_048_576;

/** Copies a query's rows into a local file, and says how DuckDB reads it. */
export async function copyOut(session: PostgresSession, query: string, columns: readonly Column[]): Promise<LocalData> {
  const file = await temporaryFile();
  const dispose = () => rm(dirname(file), { recursive: true, force: true });
  try {
    const list = columns.map(({ name, type }) => (type.endsWith('[]') ? `to_json(${quoteIdentifier(name)})` : quoteIdentifier(name))).join(', ');
    const quoted = columns.length === 0 ? '' : ', FORCE_QUOTE *';
    const text = `COPY (SELECT ${list} FROM (${query}\n) AS rows) TO STDOUT (FORMAT csv${quoted})`;
    await session.guard(text, () => pipeline(session.client.query(copyStreams.to(text)), createWriteStream(file)));
    return { relation: readCopy(file, columns), columns: columns.map(({ name, type }) => ({ name, type: toDuckDbType(type) })), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function readCopy(file: string, columns: readonly Column[]): string {
  const types = columns
    .map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(toDuckDbType(type) === 'BLOB' ? 'VARCHAR' : toDuckDbType(type))}`)
    .join(', ');
  const values = columns
    .map(({ name, type }) => (toDuckDbType(type) === 'BLOB' ? `unhex(substr(${quoteIdentifier(name)}, 3)) AS ${quoteIdentifier(name)}` : quoteIdentifier(name)))
    .join(', ');
  const form = `header=false, auto_detect=false, delim=',', quote='"', escape='"', comment='', nullstr='', allow_quoted_nulls=false, new_line='\\n', parallel=false`;
  return `(SELECT ${values} FROM read_csv(${quoteLiteral(file)}, ${form}, max_line_size=${longestRow}, buffer_size=${longestRow + 1}, columns={${types}}))`;
}

/** Copies local rows into a table that has their columns. */
export async function copyIn(session: PostgresSession, table: string, data: LocalData, signal: AbortSignal): Promise<{ rows: number; bytes: number }> {
  const file = await temporaryFile();
  try {
    const rows = await writeCopy(file, data, signal);
    const { size } = await stat(file);
    const names = data.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
    const text = `COPY ${table} (${names}) FROM STDIN (FORMAT csv)`;
    await session.guard(text, () => pipeline(createReadStream(file), session.client.query(copyStreams.from(text))));
    return { rows, bytes: size };
  } finally {
    await rm(dirname(file), { recursive: true, force: true });
  }
}

async function writeCopy(file: string, data: LocalData, signal: AbortSignal): Promise<number> {
  const session = await DuckDbSession.open(await sharedInstance('copy', ownLimits), 'copy', signal);
  try {
    const values = data.columns.map((column) => `${expression(column)} AS ${quoteIdentifier(column.name)}`).join(', ');
    const text = `COPY (SELECT ${values} FROM ${data.relation}) TO ${quoteLiteral(file)} (FORMAT csv, HEADER false, FORCE_QUOTE *)`;
    return (await session.query({ text, parameters: data.parameters }, 1)).changed ?? 0;
  } finally {
    session.close();
  }
}

function expression({ name, type }: Column): string {
  const column = quoteIdentifier(name);
  if (type === 'BLOB') return `'\\x' || hex(${column})`;
  return toPostgresType(type) === 'jsonb' && type !== 'JSON' ? `to_json(${column})` : column;
}

async function temporaryFile(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'headrace-')), 'rows.csv');
}
