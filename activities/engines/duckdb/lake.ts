import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { HeadraceError, ValidationError } from '../../../sdk/index.js';
import { parseTableName, temporarySchema } from '../table-name.js';

/** Where Headrace keeps what is no table: staging, kept files, its record of loads. */
export const ownFolder = '.headrace';

/** A folder of Parquet: each folder in it is a table, `schema.table` or `table`, and its files are the table's rows. */
export class Lake {
  constructor(
    readonly folder: string,
    readonly connection: string,
  ) {
    if (!/[*?[\]]/.test(folder)) return;
    throw new HeadraceError(`The folder ${folder} has one of * ? [ ] in its name, which DuckDB reads as a pattern.`, {
      code: 'bad_connection',
      where: connection,
    });
  }

  /** The folder of a table, whether it is there or not. */
  tableFolder(table: string): string {
    const { schema, name } = parseTableName(table);
    if (schema === temporarySchema) return join(this.folder, ownFolder, 'tables', encodeName(name));
    return join(this.folder, schema === undefined ? encodeName(name) : `${encodeName(schema)}.${encodeName(name)}`);
  }

  /** A place for a file that is not yet, or no longer, part of a table. */
  own(...path: string[]): string {
    return join(this.folder, ownFolder, ...path);
  }

  /** All tables, by name. */
  async tables(): Promise<string[]> {
    const visible = (await folders(this.folder)).filter((name) => !name.startsWith('.')).map(decodeTable);
    const temporary = (await folders(this.own('tables'))).map((name) => `${temporarySchema}.${quoteOdd(decodeName(name))}`);
    return [...visible, ...temporary];
  }

  /** A Parquet file of the table and the partition columns in its path, or undefined where the table has no file. */
  firstFile(table: string): Promise<{ file: string; keys: string[] } | undefined> {
    return firstFileIn(this.tableFolder(table));
  }

  /** The refusal of a table that is not there. */
  async unknownTable(table: string): Promise<ValidationError> {
    const known =
      (await this.tables())
        .filter((name) => !name.startsWith(`${temporarySchema}.`))
        .slice(0, 50)
        .join(', ') || 'none';
    return new ValidationError(`There is no table '${table.slice(0, 200)}' in ${this.folder}. Its tables are: ${known}.`, {
      code: 'unknown_table',
      where: this.connection,
    });
  }
}

/** A Parquet file below a table's folder and the partition columns in its path, or undefined where there is none. */
export async function firstFileIn(folder: string): Promise<{ file: string; keys: string[] } | undefined> {
  const file = await findParquet(folder);
  if (file === undefined) return undefined;
  const keys = relative(folder, file)
    .split(sep)
    .slice(0, -1)
    .flatMap((part) => (part.includes('=') ? [decodeName(part.slice(0, part.indexOf('=')))] : []));
  return { file, keys };
}

/** A name as a folder: what a file system or a pattern would read as its own is written %XX. */
export function encodeName(name: string): string {
  const encoded = encodeURIComponent(Buffer.from(name).toString()).replace(
    /[!'()*~.]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  if (encoded.length <= 200) return encoded;
  throw new ValidationError(`The name '${name.slice(0, 40)}…' is too long for a folder of Parquet.`, {
    fix: 'Use names of at most 200 characters, or a PostgreSQL connection.',
  });
}

/** The folder of a partition, in the form that every reader of Parquet knows. */
export function partitionFolder(column: string, value: string | number): string {
  // Readers take this word, and NULL, for a missing value.
  const name = encodeName(String(value))
    .replace(/^_/, '%5F')
    .replace(/^n(?=ull$)/i, (letter) => (letter === 'n' ? '%6E' : '%4E'));
  return `${encodeName(column)}=${name}`;
}

function decodeTable(folder: string): string {
  const parts = folder.split('.');
  return parts.length > 2 ? quoteOdd(folder) : parts.map((part) => quoteOdd(decodeName(part))).join('.');
}

/** A folder that another program named may have a % that stands for itself. */
function decodeName(folder: string): string {
  try {
    return decodeURIComponent(folder);
  } catch {
    return folder;
  }
}

function quoteOdd(part: string): string {
  return /[".]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part;
}

async function folders(folder: string): Promise<string[]> {
  return (await entries(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function entries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function findParquet(folder: string): Promise<string | undefined> {
  const found = await entries(folder);
  const file = found.find((entry) => entry.isFile() && entry.name.endsWith('.parquet'));
  if (file !== undefined) return join(folder, file.name);
  for (const child of found.filter((entry) => entry.isDirectory())) {
    const below = await findParquet(join(folder, child.name));
    if (below !== undefined) return below;
  }
  return undefined;
}
