import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import type { Column } from '../../engines/engine.js';
import { findColumn } from '../../engines/where.js';
import type { Counts } from '../attempt.js';
import type { Load } from '../steps.js';
import { list, mergeRows, replaceRows, sameKeys } from './commit.js';
import type { IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import type { Attempt } from './ledger.js';
import type { Staged } from './staging.js';
import { planVersions } from './versions.js';

/** A load that is about to be published, on a snapshot of its target. */
export interface Publication {
  readonly lakehouse: Lakehouse;
  readonly load: Load;
  readonly target: IcebergTable;
  /** The target's. */
  readonly columns: readonly Column[];
  readonly staged: Staged;
  /** The target's current snapshot. */
  readonly base: string;
}

/** How a load is published. */
export interface Plan extends Pick<Attempt, 'partition' | 'identity'> {
  readonly statement: string;
  readonly changes: Pick<Counts, 'inserted' | 'updated' | 'deleted'>;
}

/** Sees whether the rows are what the mode needs, counts what will change, and writes the one statement. @throws ValidationError */
export async function planPublication(publication: Publication): Promise<Plan> {
  const { load } = publication;
  if (load.mode === 'overwrite_partition') return planOverwrite(publication, load);
  if (load.mode === 'merge') return planMerge(publication, load);
  if (load.mode === 'scd2') return planVersions(publication, load);
  const { target, base, columns, staged } = publication;
  const statement = replaceRows({ target, base, columns, added: `SELECT ${list(columns)} FROM ${staged.table.quoted}` });
  return { statement, changes: { inserted: staged.rows, updated: 0, deleted: 0 }, partition: null, identity: [] };
}

async function planOverwrite(publication: Publication, load: Extract<Load, { mode: 'overwrite_partition' }>): Promise<Plan> {
  const { target, base, columns, staged } = publication;
  const column = findColumn(columns, load.partitionBy, load.into.table);
  const is = (of: string) => `${of}.${quoteIdentifier(column.name)} = CAST(${quoteLiteral(String(load.partition))} AS ${column.type})`;
  const partition = is('target');
  const { strangers, deleted } = await count(publication, {
    strangers: `${staged.table.quoted} AS rows WHERE NOT COALESCE(${is('rows')}, FALSE)`,
    deleted: `${target.quoted} AS target WHERE ${partition}`,
  });
  if (strangers > 0)
    throw new ValidationError(`${strangers} rows do not belong to the partition ${load.partitionBy} = ${load.partition}.`, {
      where: load.load,
      fix: 'Select the rows of one partition before the load.',
    });
  const statement = replaceRows({ target, base, columns, added: `SELECT ${list(columns)} FROM ${staged.table.quoted}`, gone: partition });
  return { statement, changes: { inserted: staged.rows, updated: 0, deleted }, partition, identity: [] };
}

async function planMerge(publication: Publication, load: Extract<Load, { mode: 'merge' }>): Promise<Plan> {
  const { target, base, columns, staged } = publication;
  const keys = keysOf(publication, load.keys);
  const present = `SELECT 1 FROM ${staged.table.quoted} AS rows WHERE ${sameKeys(keys, 'target', 'rows')}`;
  const { updated, ...wrong } = await count(publication, {
    ...wrongKeys(publication, keys, 'TRUE'),
    updated: `${target.quoted} AS target WHERE EXISTS (${present})`,
  });
  refuseWrongKeys(wrong, keys, load.load);
  const statement = mergeRows(target, base, columns, keys, staged.table.quoted);
  return { statement, changes: { inserted: staged.rows - updated, updated, deleted: 0 }, partition: null, identity: keys };
}

/** The names of the keys. @throws ValidationError unknown_column */
export function keysOf({ columns, load }: Publication, names: readonly string[]): string[] {
  return names.map((name) => findColumn(columns, name, load.into.table).name);
}

/** What is to be counted to see whether keys tell the load's rows apart, and those of the target's rows that count. */
export function wrongKeys({ staged, target }: Publication, keys: readonly string[], counting: string): Record<'missing' | 'repeated' | 'ambiguous', string> {
  const grouped = keys.map(quoteIdentifier).join(', ');
  const present = `SELECT 1 FROM ${staged.table.quoted} AS rows WHERE ${sameKeys(keys, 'target', 'rows')}`;
  return {
    missing: `${staged.table.quoted} WHERE ${keys.map((key) => `${quoteIdentifier(key)} IS NULL`).join(' OR ')}`,
    repeated: `(SELECT 1 FROM ${staged.table.quoted} GROUP BY ${grouped} HAVING count(*) > 1)`,
    ambiguous: `(SELECT 1 FROM ${target.quoted} AS target WHERE ${counting} AND EXISTS (${present}) GROUP BY ${grouped} HAVING count(*) > 1)`,
  };
}

/** @throws ValidationError when keys do not tell rows apart */
export function refuseWrongKeys(
  { missing, repeated, ambiguous }: Record<'missing' | 'repeated' | 'ambiguous', number>,
  keys: readonly string[],
  load: string,
): void {
  if (missing + repeated + ambiguous === 0) return;
  const what = `${missing} rows have NULL, ${repeated} keys are repeated among the rows, ${ambiguous} in the table`;
  throw new ValidationError(`The keys ${keys.join(', ')} do not tell the rows apart: ${what}.`, { where: load, fix: 'Load one row per key.' });
}

/** Counts several things by one query. Each is what stands after FROM. */
export async function count<Name extends string>({ lakehouse }: Publication, what: Record<Name, string>): Promise<Record<Name, number>> {
  const counts = Object.entries<string>(what).map(([name, from]) => `(SELECT count(*) FROM ${from}) AS ${name}`);
  const [found] = await lakehouse.rows<Record<Name, number>>(`SELECT ${counts.join(', ')}`);
  return found as Record<Name, number>;
}
