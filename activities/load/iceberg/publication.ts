import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../../engines/dialect.js';
import type { Column } from '../../engines/engine.js';
import { findColumn } from '../../engines/where.js';
import type { Counts } from '../attempt.js';
import type { Load } from '../steps.js';
import { sameKeys } from './commit.js';
import type { IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import type { Attempt } from './ledger.js';
import type { Staged } from './staging.js';

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
