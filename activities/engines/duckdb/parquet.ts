import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import type { LocalData, Statement, Written } from '../engine.js';
import { firstFileIn, type Lake } from './lake.js';
import type { DuckDbSession } from './session.js';
import type { Snapshot } from './snapshot.js';

/**
 * What stands after FROM to read a table of a lake. Partition columns have the type that the files say, not one guessed from the folder's name.
 *
 * @throws ValidationError unknown_table
 */
export async function parquetRelation(lake: Lake, table: string, session: DuckDbSession, snapshot: Snapshot): Promise<string> {
  if ((await lake.firstFile(table)) === undefined) throw await lake.unknownTable(table);
  const folder = await snapshot.ofTable(lake.tableFolder(table));
  const first = await firstFileIn(folder);
  if (first === undefined) throw await lake.unknownTable(table);
  const files = quoteLiteral(`${folder}/**/*.parquet`);
  if (first.keys.length === 0) return `read_parquet(${files}, hive_partitioning=false, union_by_name=true)`;
  const inside = await session.describe({ text: `FROM read_parquet(${quoteLiteral(first.file)}, hive_partitioning=false)` });
  const types = first.keys.flatMap((key) =>
    inside.filter((column) => column.name === key).map((column) => `${quoteIdentifier(key)}: ${quoteLiteral(column.type)}`),
  );
  return `read_parquet(${files}, hive_partitioning=true, union_by_name=true${types.length === 0 ? '' : `, hive_types={${types.join(', ')}}`})`;
}

/** Writes a query's rows into a new Parquet file, on the disk when this returns. */
export async function writeParquet(session: DuckDbSession, query: Statement, file: string): Promise<Written> {
  await mkdir(dirname(file), { recursive: true });
  const text = `COPY (${query.text}\n) TO ${quoteLiteral(file)} (FORMAT parquet, COMPRESSION zstd)`;
  const { changed } = await session.query({ text, parameters: query.parameters }, 1);
  await syncPath(file);
  const columns = await session.describe({ text: `FROM read_parquet(${quoteLiteral(file)}, hive_partitioning=false)` });
  return { rows: changed ?? 0, bytes: (await stat(file)).size, columns };
}

/** Makes a table of one file of a query's rows. A reader sees the old file or the new one. */
export async function replaceParquet(session: DuckDbSession, lake: Lake, table: string, query: Statement): Promise<Written> {
  const staged = lake.own('staging', `${randomUUID()}.parquet`);
  try {
    const written = await writeParquet(session, query, staged);
    await moveInto(staged, `${lake.tableFolder(table)}/data.parquet`);
    return written;
  } finally {
    await rm(staged, { force: true });
  }
}

/** A query's rows in a Parquet file of the machine's temporary folder, for another engine to read. */
export async function localizeQuery(session: DuckDbSession, query: Statement): Promise<LocalData> {
  const file = join(await mkdtemp(join(tmpdir(), 'headrace-')), 'rows.parquet');
  const dispose = () => rm(dirname(file), { recursive: true, force: true });
  try {
    const { columns } = await writeParquet(session, query, file);
    return { relation: `read_parquet(${quoteLiteral(file)}, hive_partitioning=false)`, columns, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Renames a file to its final place, and makes the rename last. */
export async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await syncPath(dirname(to));
}

/** Waits until a file or a folder is on the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
