import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import type { Column } from '../../engines/engine.js';
import type { Load } from '../steps.js';
import { list, sameKeys } from './commit.js';
import { count, keysOf, type Plan, type Publication, refuseWrongKeys, wrongKeys } from './publication.js';

/** The columns that a slowly changing dimension has beside those of its rows. */
export const versionColumns: readonly Column[] = [
  { name: 'valid_from', type: 'timestamp(6) with time zone' },
  { name: 'valid_to', type: 'timestamp(6) with time zone' },
  { name: 'is_current', type: 'boolean' },
];

/**
 * Slowly changing dimension, type 2: a row that differs from its key's current version closes that version and becomes the next one.
 *
 * @throws ValidationError when a current version began at or after the load's time
 */
export async function planVersions(publication: Publication, load: Extract<Load, { mode: 'scd2' }>): Promise<Plan> {
  const { target, columns, staged, base } = publication;
  const own = columns.filter(({ name }) => !versionColumns.some((column) => column.name === name));
  const keys = keysOf(publication, load.keys);
  const same = own.map(({ name }) => `target.${quoteIdentifier(name)} IS NOT DISTINCT FROM rows.${quoteIdentifier(name)}`).join(' AND ');
  const match = sameKeys(keys, 'target', 'rows');
  const changed = `SELECT rows.* FROM ${staged.table.quoted} AS rows WHERE NOT EXISTS (SELECT 1 FROM ${target.quoted} AS target WHERE target.is_current AND ${match} AND ${same})`;
  const time = `CAST(from_iso8601_timestamp_nanos(${quoteLiteral(load.effectiveAt)}) AS timestamp(6) with time zone)`;
  const closing = `${target.quoted} AS target JOIN (${changed}) AS rows ON ${match} WHERE target.is_current`;
  const { late, updated, inserted, ...wrong } = await count(publication, {
    ...wrongKeys(publication, keys, 'target.is_current'),
    late: `${closing} AND target.valid_from >= ${time}`,
    updated: closing,
    inserted: `(${changed})`,
  });
  refuseWrongKeys(wrong, keys, load.load);
  if (late > 0)
    throw new ValidationError(`${late} rows have a version since ${load.effectiveAt} or later.`, {
      where: load.load,
      fix: 'Load versions in the order of their time.',
    });
  // Each changed row comes twice: once under its key, to close the version that is there, and once under none, to be added.
  const closers = keys.map((key) => `${quoteIdentifier(key)} AS ${quoteIdentifier(`headrace_key_${key}`)}`).join(', ');
  const keyless = keys.map((key) => `CAST(NULL AS ${own.find(({ name }) => name === key)?.type})`).join(', ');
  const statement = `MERGE INTO ${target.quoted} AS target USING (
      WITH changed AS (${changed} AND ${target.isCurrent(base)})
      SELECT ${closers}, FALSE AS headrace_opens, ${list(own)} FROM changed UNION ALL SELECT ${keyless}, TRUE, ${list(own)} FROM changed) AS rows
    ON ${keys.map((key) => `target.${quoteIdentifier(key)} = rows.${quoteIdentifier(`headrace_key_${key}`)}`).join(' AND ')} AND target.is_current
    WHEN MATCHED THEN UPDATE SET valid_to = ${time}, is_current = FALSE
    WHEN NOT MATCHED AND rows.headrace_opens THEN INSERT (${list(own)}, valid_from, valid_to, is_current) VALUES (${list(own, 'rows')}, ${time}, NULL, TRUE)`;
  return { statement, changes: { inserted, updated, deleted: 0 }, partition: null, identity: [...keys, 'valid_from'] };
}
