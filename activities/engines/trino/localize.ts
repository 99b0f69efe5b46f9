import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import type { Column, LocalData } from '../engine.js';
import type { Page } from './page.js';
import type { TrinoSession } from './session.js';
import { toDuckDbType } from './types.js';

/** The longest row, in bytes: DuckDB keeps room for some of them. */
const longestRow = 16 * 1_048_576;

/** Streams a statement's rows into a local file of JSON lines, a page at a time, and says how DuckDB reads it with Trino's types. @param id under which Trino lists it */
export async function localizeStatement(session: TrinoSession, text: string, id: string): Promise<LocalData> {
  const file = join(await mkdtemp(join(tmpdir(), 'headrace-')), 'rows.jsonl');
  const dispose = () => rm(dirname(file), { recursive: true, force: true });
  const handle = await open(file, 'w');
  try {
    let columns: Column[] = [];
    const take = async (page: Page) => {
      if (columns.length === 0) columns = [...(page.columns ?? [])];
      await append(handle, page);
      return true;
    };
    await session.stream(text, take, id);
    await handle.close();
    return { relation: readLines(file, columns), columns: columns.map(({ name, type }) => ({ name, type: toDuckDbType(type) })), dispose };
  } catch (error) {
    await handle.close();
    await dispose();
    throw error;
  }
}

async function append(handle: FileHandle, { data = [] }: Page): Promise<void> {
  if (data.length > 0) await handle.write(`${data.map((row) => JSON.stringify(row)).join('\n')}\n`);
}

function readLines(file: string, columns: readonly Column[]): string {
  const values = columns.map(({ name, type }, index) => `${cast(`json[${index + 1}]`, toDuckDbType(type))} AS ${quoteIdentifier(name)}`).join(', ');
  const form = `format='newline_delimited', records='false', columns={json: 'VARCHAR[]'}, maximum_object_size=${longestRow}`;
  return `(SELECT ${values} FROM read_json(${quoteLiteral(file)}, ${form}))`;
}

function cast(value: string, type: string): string {
  if (type === 'VARCHAR') return value;
  // Trino writes '12:00:00 +05:30', and to DuckDB a word behind a time is the name of a zone.
  if (type === 'TIMESTAMP WITH TIME ZONE') return `CAST(regexp_replace(${value}, ' ([+-]\\d\\d:\\d\\d)$', '\\1') AS ${type})`;
  return type === 'BLOB' ? `from_base64(${value})` : `CAST(${value} AS ${type})`;
}
