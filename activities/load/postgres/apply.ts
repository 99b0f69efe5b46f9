import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../../engines/dialect.js';
import { findColumn } from '../../engines/where.js';
import type { Load } from '../steps.js';
import { type Application, type Applied, change, checkKeys, count, keep, stagedValue } from './application.js';
import { applyVersions } from './versions.js';

/** Applies staged rows to the target and keeps what they replace. @throws ValidationError when the rows are not what the mode needs */
export async function apply(application: Application): Promise<Applied> {
  const { load } = application;
  if (load.mode === 'overwrite_partition') return overwrite(application, load);
  if (load.mode === 'merge') return merge(application, load);
  if (load.mode === 'scd2') return applyVersions(application, load);
  return { ...(await insert(application)), updated: 0, deleted: 0, kept: null, identity: [], partition: null };
}

async function overwrite(application: Application, load: Extract<Load, { mode: 'overwrite_partition' }>): Promise<Applied> {
  const { target, rows } = application;
  const column = findColumn(target.columns, load.partitionBy, load.into.table);
  findColumn(application.columns, load.partitionBy, load.from.table);
  const name = quoteIdentifier(column.name);
  const value = `CAST($1 AS ${column.type})`;
  const strangers = await count(application, `${rows} WHERE ${name} IS DISTINCT FROM ${value}`, [load.partition]);
  if (strangers > 0)
    throw new ValidationError(`${strangers} rows do not belong to the partition ${load.partitionBy} = ${load.partition}.`, {
      where: load.load,
      fix: 'Select the rows of one partition before the load.',
    });
  const [partition] = await application.engine.session.rows<{ value: string }>(`SELECT ${value}::text AS value`, [load.partition]);
  const kept = await keep(application, `SELECT * FROM ${target.name} WHERE ${name} = ${value}`, [load.partition]);
  const deleted = await change(application, `DELETE FROM ${target.name} WHERE ${name} = ${value}`, [load.partition]);
  return { ...(await insert(application)), updated: 0, deleted, kept, identity: [], partition: partition?.value ?? null };
}

async function merge(application: Application, { keys, load, into }: Extract<Load, { mode: 'merge' }>): Promise<Applied> {
  const { target, rows, columns } = application;
  const names = await checkKeys(application, keys, load, into.table);
  const match = names.map((name) => `target.${name} = rows.${name}`).join(' AND ');
  const kept = await keep(application, `SELECT target.* FROM ${target.name} AS target WHERE EXISTS (SELECT FROM ${rows} AS rows WHERE ${match})`);
  const values = columns.filter(({ name }) => !keys.includes(name)).map((column) => `${quoteIdentifier(column.name)} = ${stagedValue(application, column)}`);
  const updated =
    values.length === 0 ? 0 : await change(application, `UPDATE ${target.name} AS target SET ${values.join(', ')} FROM ${rows} AS rows WHERE ${match}`);
  const inserted = await insert(application, `WHERE NOT EXISTS (SELECT FROM ${target.name} AS target WHERE ${match})`);
  return { ...inserted, updated, deleted: 0, kept, identity: [...keys], partition: null };
}

/** Inserts staged rows. */
export async function insert(application: Application, which = '', from = application.rows): Promise<{ inserted: number }> {
  const { target, columns } = application;
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const values = columns.map((column) => stagedValue(application, column)).join(', ');
  return {
    inserted: await change(application, `INSERT INTO ${target.name} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${from} AS rows ${which}`),
  };
}
