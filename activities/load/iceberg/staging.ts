import type { Column } from '../../engines/engine.js';
import type { LoadKey } from '../attempt.js';
import { isStale, stagedName, stagedPrefix } from '../staged-name.js';
import { IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import { ledgerSchema } from './lines.js';

/** Rows that an attempt has put aside, out of readers' sight. */
export interface Staged {
  readonly table: IcebergTable;
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly bytes: number;
}

/** The table of one attempt. */
export function stagingTable(lakehouse: Lakehouse, { catalog }: IcebergTable, key: LoadKey): IcebergTable {
  return new IcebergTable(lakehouse, lakehouse.name(catalog, ledgerSchema, stagedName(key)));
}

/** Copies rows from one table of the server to another, by the server. */
export async function stageWithin(lakehouse: Lakehouse, table: IcebergTable, from: string): Promise<Staged> {
  await lakehouse.run(`CREATE TABLE ${table.quoted} AS SELECT * FROM ${from}`);
  return describeStaged(lakehouse, table);
}

/** How much was put aside. */
export async function describeStaged(lakehouse: Lakehouse, table: IcebergTable): Promise<Staged> {
  const size = `SELECT COALESCE(sum(record_count), 0) AS rows, COALESCE(sum(file_size_in_bytes), 0) AS bytes FROM ${table.about('files')}`;
  const [columns, [found]] = await Promise.all([lakehouse.columns(table.text), lakehouse.rows<{ rows: number; bytes: number }>(size)]);
  return { table, columns, rows: found?.rows ?? 0, bytes: found?.bytes ?? 0 };
}

export function dropStaged(lakehouse: Lakehouse, table: IcebergTable): Promise<void> {
  return lakehouse.tidy(`DROP TABLE IF EXISTS ${table.quoted}`);
}

/** Drops what attempts of long ago have left behind. What fails is left for the next time. */
export async function dropOldStaged(lakehouse: Lakehouse, { catalog }: IcebergTable, days: number): Promise<void> {
  const old = (await stagedTables(lakehouse, catalog, stagedPrefix())).filter((name) => isStale(name, days));
  for (const name of old) await lakehouse.tidy(`DROP TABLE IF EXISTS ${lakehouse.name(catalog, ledgerSchema, name)}`);
}

/** Takes the staged rows of all attempts of a load away: a publication that has not begun yet then fails. */
export async function dropAllStaged(lakehouse: Lakehouse, { catalog }: IcebergTable, key: LoadKey): Promise<void> {
  const found = await stagedTables(lakehouse, catalog, stagedPrefix(key));
  for (const name of found) await lakehouse.run(`DROP TABLE IF EXISTS ${lakehouse.name(catalog, ledgerSchema, name)}`);
}

async function stagedTables(lakehouse: Lakehouse, catalog: string, prefix: string): Promise<string[]> {
  const found = await lakehouse.rows<{ name: string }>(
    `SELECT table_name AS name FROM ${lakehouse.name(catalog, 'information_schema', 'tables')} WHERE table_schema = '${ledgerSchema}' AND strpos(table_name, '${prefix}') = 1`,
  );
  return found.map(({ name }) => name);
}
