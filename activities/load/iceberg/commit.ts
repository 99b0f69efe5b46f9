import { quoteIdentifier } from '../../engines/dialect.js';
import type { Column } from '../../engines/engine.js';
import type { IcebergTable } from './iceberg-table.js';

/*
 * What publishes is one MERGE, and so one snapshot. It does nothing unless the snapshot that was looked at is still the current one, and Iceberg refuses
 * its commit when rows were written meanwhile where it writes. INSERT would commit twice: appends do not conflict.
 */

interface Replacement {
  readonly target: IcebergTable;
  /** The snapshot on which the statement builds. */
  readonly base: string;
  readonly columns: readonly Column[];
  /** A SELECT of the rows to be added, in the order of the columns. */
  readonly added: string;
  /** A condition on the target's rows (as `target`) that go; none where they all stay. */
  readonly gone?: string;
  /** Narrows what is read of the target: a condition on its partitions. */
  readonly within?: string;
}

/** One statement that takes rows away and adds others. */
export function replaceRows({ target, base, columns, added, gone, within = 'TRUE' }: Replacement): string {
  const names = list(columns);
  const rows = `SELECT CAST(NULL AS varchar) AS headrace_file, TRUE AS headrace_added, ${names} FROM (${added}) WHERE ${target.isCurrent(base)}`;
  const insert = `WHEN NOT MATCHED AND rows.headrace_added THEN INSERT (${names}) VALUES (${list(columns, 'rows')})`;
  if (gone === undefined) return `MERGE INTO ${target.quoted} AS target USING (${rows}) AS rows ON FALSE ${insert}`;
  // Rows that go are joined by their file: a condition that holds for all of them would make Trino compare each with each.
  const nothing = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`).join(', ');
  const files = `SELECT target."$path", FALSE, ${nothing} FROM ${target.quoted} AS target WHERE ${gone} AND ${within} AND ${target.isCurrent(base)} GROUP BY target."$path"`;
  return `MERGE INTO ${target.quoted} AS target USING (${rows} UNION ALL ${files}) AS rows
    ON target."$path" = rows.headrace_file AND ${gone} AND ${within} WHEN MATCHED THEN DELETE ${insert}`;
}

/** One statement that gives rows with the same keys their new values, and adds the others. */
export function mergeRows(target: IcebergTable, base: string, columns: readonly Column[], keys: readonly string[], staged: string): string {
  const changed = columns.filter(({ name }) => !keys.includes(name)).map(({ name }) => `${quoteIdentifier(name)} = rows.${quoteIdentifier(name)}`);
  const update = changed.length === 0 ? '' : `WHEN MATCHED THEN UPDATE SET ${changed.join(', ')}`;
  return `MERGE INTO ${target.quoted} AS target USING (SELECT * FROM ${staged} WHERE ${target.isCurrent(base)}) AS rows ON ${sameKeys(keys, 'target', 'rows')}
    ${update} WHEN NOT MATCHED THEN INSERT (${list(columns)}) VALUES (${list(columns, 'rows')})`;
}

export function sameKeys(keys: readonly string[], one: string, other: string): string {
  return keys.map((key) => `${one}.${quoteIdentifier(key)} = ${other}.${quoteIdentifier(key)}`).join(' AND ');
}

export function list(columns: readonly Pick<Column, 'name'>[], of?: string): string {
  return columns.map(({ name }) => (of === undefined ? '' : `${of}.`) + quoteIdentifier(name)).join(', ');
}
