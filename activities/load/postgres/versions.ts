import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../../engines/dialect.js';
import type { Load } from '../steps.js';
import { type Application, type Applied, change, checkKeys, keep, stagedValue } from './application.js';

/**
 * Slowly changing dimension, type 2: a row that differs from its key's current version closes that version and becomes the next one.
 *
 * @throws ValidationError when a current version began at or after the load's time
 */
export async function applyVersions(application: Application, load: Extract<Load, { mode: 'scd2' }>): Promise<Applied> {
  const { engine, target, columns } = application;
  const current = `(SELECT * FROM ${target.name} WHERE is_current)`;
  const keys = await checkKeys(application, load.keys, load.load, load.into.table, current);
  const match = keys.map((key) => `target.${key} = rows.${key}`).join(' AND ');
  const same = columns
    .map((column) => `${comparable(`target.${quoteIdentifier(column.name)}`)} IS NOT DISTINCT FROM ${comparable(stagedValue(application, column))}`)
    .join(' AND ');
  await engine.session.rows(
    `CREATE TEMP TABLE headrace_changed ON COMMIT DROP AS SELECT rows.* FROM ${application.rows} AS rows WHERE NOT EXISTS (SELECT FROM ${target.name} AS target WHERE target.is_current AND ${match} AND ${same})`,
  );
  await refuseLate(application, match, load);
  const closed = `target.is_current AND EXISTS (SELECT FROM headrace_changed AS rows WHERE ${match})`;
  const kept = await keep(application, `SELECT target.* FROM ${target.name} AS target WHERE ${closed}`);
  const updated = await change(application, `UPDATE ${target.name} AS target SET valid_to = CAST($1 AS timestamptz), is_current = FALSE WHERE ${closed}`, [
    load.effectiveAt,
  ]);
  const inserted = await insertVersions(application, load.effectiveAt);
  return { inserted, updated, deleted: 0, kept, identity: [...load.keys, 'valid_from'], partition: null };
}

/** A value that can be compared: json cannot. */
function comparable(value: string): string {
  return `CAST(${value} AS text)`;
}

async function refuseLate({ engine, target }: Application, match: string, load: Extract<Load, { mode: 'scd2' }>): Promise<void> {
  const text = `SELECT count(*) AS late, max(target.valid_from) AS latest FROM ${target.name} AS target JOIN headrace_changed AS rows ON ${match} WHERE target.is_current AND target.valid_from >= CAST($1 AS timestamptz)`;
  const [found] = await engine.session.rows<{ late: number; latest: string }>(text, [load.effectiveAt]);
  if (found === undefined || found.late === 0) return;
  throw new ValidationError(`${found.late} rows have a version since ${found.latest}, which is not before ${load.effectiveAt}.`, {
    where: load.load,
    fix: 'Load versions in the order of their time.',
  });
}

async function insertVersions(application: Application, effectiveAt: string): Promise<number> {
  const { target, columns } = application;
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const values = columns.map((column) => stagedValue(application, column)).join(', ');
  const text = `INSERT INTO ${target.name} (${names}, valid_from, valid_to, is_current) OVERRIDING SYSTEM VALUE SELECT ${values}, CAST($1 AS timestamptz), NULL, TRUE FROM headrace_changed AS rows`;
  return change(application, text, [effectiveAt]);
}
