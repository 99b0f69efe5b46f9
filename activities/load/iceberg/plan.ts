import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import { findColumn } from '../../engines/where.js';
import type { Load } from '../steps.js';
import { list, mergeRows, replaceRows, sameKeys } from './commit.js';
import { count, keysOf, type Plan, type Publication, refuseWrongKeys, wrongKeys } from './publication.js';
import { planVersions } from './versions.js';

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
