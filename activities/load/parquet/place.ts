import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SchemaConflictError, ValidationError } from '../../../sdk/index.js';
import type { DuckDbFolderEngine } from '../../engines/duckdb/folder-engine.js';
import { encodeName, partitionFolder } from '../../engines/duckdb/lake.js';
import type { Column } from '../../engines/engine.js';
import type { LoadKey } from '../attempt.js';
import type { Load } from '../steps.js';

/** The file that a load writes, and the partition that it is, where the table has partitions. */
export interface Place {
  readonly target: string;
  readonly partition: { column: string; value: string; type: string } | undefined;
}

/**
 * Finds the file that a load writes. A load writes one file, so that readers see all of it or nothing: a table is either one file per partition, or files without partitions.
 *
 * @throws SchemaConflictError when the table is laid out in another way, ValidationError on a partition that cannot be read as its column's type, or whose column no folder can be named after
 */
export async function findPlace(engine: DuckDbFolderEngine, load: Load, columns: readonly Column[], key: LoadKey): Promise<Place> {
  const folder = engine.lake.tableFolder(load.into.table);
  const layout = await engine.lake.firstFile(load.into.table);
  const partitionBy = 'partitionBy' in load ? load.partitionBy : undefined;
  if (layout !== undefined) checkLayout(load, layout.keys, partitionBy);
  if (partitionBy !== undefined && encodeName(partitionBy) !== partitionBy) throw unfitColumn(partitionBy, load);
  if (partitionBy === undefined) return { target: await plainFile(folder, load, key), partition: undefined };
  const partition = await readPartition(engine, load, partitionBy, columns);
  return { target: await onlyFile(join(folder, partitionFolder(partitionBy, partition.value)), load), partition };
}

function checkLayout(load: Load, keys: readonly string[], partitionBy: string | undefined): void {
  const asked = partitionBy === undefined ? [] : [partitionBy];
  if (keys.join() === asked.join()) return;
  const layout = keys.length === 0 ? 'has no partitions' : `has partitions by ${keys.join(', ')}`;
  throw new SchemaConflictError(
    `The table ${load.into.table} ${layout}, and this load ${partitionBy === undefined ? 'names none' : `is one of a partition by ${partitionBy}`}.`,
    {
      where: load.into.table,
      fix: keys.length === 1 ? `Give partitionBy: '${keys[0]}' and the partition.` : 'Load into another table, or leave out partitionBy.',
    },
  );
}

function unfitColumn(name: string, { load }: Load): ValidationError {
  return new ValidationError(`Parquet cannot be partitioned by the column '${name}': its name is that of a folder, which readers take as it is.`, {
    where: load,
    fix: 'Give the column a name of letters a to z, digits, _ and -, for instance by AS in a query.',
  });
}

async function plainFile(folder: string, load: Load, key: LoadKey): Promise<string> {
  return load.mode === 'append' ? join(folder, `part-${key.short}.parquet`) : onlyFile(folder, load);
}

/** The one file of a partition, under whatever name another program gave it. */
async function onlyFile(folder: string, load: Load): Promise<string> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.parquet'));
  if (files.length <= 1) return join(folder, files[0] ?? 'data.parquet');
  throw new SchemaConflictError(`${folder} has ${files.length} files, which cannot be replaced in one step.`, {
    where: load.into.table,
    fix: 'Write its rows into one file first, for instance by loading them into a new table.',
  });
}

async function readPartition(engine: DuckDbFolderEngine, load: Load, name: string, columns: readonly Column[]) {
  const column = columns.find((other) => other.name === name);
  const value = 'partition' in load ? load.partition : undefined;
  if (column === undefined || value === undefined) {
    throw new ValidationError(
      column === undefined ? `The rows have no column '${name}' to partition by.` : `partitionBy '${name}' is given, and no partition.`,
      { code: column === undefined ? 'unknown_column' : 'validation_failed', where: load.load },
    );
  }
  // 2001-7-1 and 2001-07-01 are one day, and must be one folder.
  const [row] = await engine.session.rows<{ value: string }>(`SELECT CAST(CAST($1 AS ${column.type}) AS VARCHAR) AS value`, [value]);
  return { column: name, value: String(row?.value), type: column.type };
}
