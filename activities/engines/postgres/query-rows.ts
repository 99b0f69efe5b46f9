import { HeadraceError } from '../../../sdk/index.js';
import type { Rows, Statement } from '../engine.js';
import { numberParameters } from './named-parameters.js';
import { type PostgresSession, tooManyRows } from './session.js';

/** Runs a statement and gives at most `limit` rows: of a query, no more are fetched than are needed. */
export async function queryRows(session: PostgresSession, statement: Statement, limit: number, connection: string): Promise<Rows> {
  if (firstWord(statement.text) === 'QUERY') {
    const rows = await fetchRows(session, statement, limit);
    if (rows !== undefined) return rows;
  }
  try {
    return await session.transaction(() => runBounded(session, statement, limit, connection));
  } catch (error) {
    // CREATE DATABASE, VACUUM and their like refuse to be part of a transaction, before they do anything.
    if (sqlState(error) !== '25001') throw error;
    return { ...(await session.run(statement)), more: false };
  }
}

async function runBounded(session: PostgresSession, statement: Statement, limit: number, connection: string): Promise<Rows> {
  const result = await session.run(statement);
  if (result.changed !== undefined && result.rows.length > limit) throw tooManyRows(limit, connection);
  return { ...result, rows: result.rows.slice(0, limit), more: result.rows.length > limit };
}

/** Reads through a cursor, or gives undefined where the statement cannot have one (a WITH that writes). */
async function fetchRows(session: PostgresSession, statement: Statement, limit: number): Promise<Rows | undefined> {
  const { text, values } = numberParameters(statement);
  await session.rows('BEGIN');
  try {
    await session.rows(`DECLARE headrace_rows NO SCROLL CURSOR FOR ${text}`, values);
    const { columns, rows } = await session.run({ text: `FETCH FORWARD ${limit + 1} FROM headrace_rows` });
    await session.rows('COMMIT');
    return { columns, rows: rows.slice(0, limit), more: rows.length > limit, changed: undefined };
  } catch (error) {
    await session.rows('ROLLBACK').catch(() => undefined);
    if (sqlState(error) === '0A000') return undefined;
    throw error;
  }
}

function sqlState(error: unknown): string | undefined {
  const cause = error instanceof HeadraceError ? error.cause : error;
  return (cause as { code?: string } | undefined)?.code;
}

function firstWord(text: string): 'QUERY' | 'OTHER' {
  const bare = text.replace(/^(\s|\(|--[^\n]*\n|\/\*.*?\*\/)+/s, '');
  return /^(select|with|values|table)\b/i.test(bare) ? 'QUERY' : 'OTHER';
}
