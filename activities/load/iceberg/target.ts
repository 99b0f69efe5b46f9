import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import type { Column } from '../../engines/engine.js';
import { checkFit } from '../fit.js';
import type { FilledIcebergLoad } from '../steps.js';
import type { IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import { whereMissing } from './lines.js';
import { toDuckDbType } from './types.js';
import { versionColumns } from './versions.js';

/** The target's columns. It is made where it is not there. @throws SchemaConflictError when the rows do not fit */
export async function openTarget(lakehouse: Lakehouse, load: FilledIcebergLoad, rows: readonly Column[], target: IcebergTable): Promise<Column[]> {
  const present = await lakehouse.columns(target.text).catch(whereMissing);
  if (present === undefined) await create(lakehouse, load, rows, target);
  const columns = present ?? (await lakehouse.columns(target.text));
  const own = load.mode === 'scd2' ? versionColumns : [];
  const expected = columns.filter(({ name }) => !own.some((column) => column.name === name) || rows.some((row) => row.name === name));
  checkFit(rows.map(inDuckDb), expected.map(inDuckDb), target.text);
  const versions = columns.filter(({ name }) => own.some((column) => column.name === name));
  if (load.mode === 'scd2') checkFit(own.map(inDuckDb), versions.map(inDuckDb), target.text);
  return columns;
}

async function create(lakehouse: Lakehouse, load: FilledIcebergLoad, rows: readonly Column[], target: IcebergTable): Promise<void> {
  await lakehouse.ensureSchema(target.catalog, target.schema);
  const columns = [...rows, ...(load.mode === 'scd2' ? versionColumns : [])].map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  await lakehouse.run(`CREATE TABLE IF NOT EXISTS ${target.quoted} (${columns.join(', ')})${partitioned(load)}`);
}

function partitioned(load: FilledIcebergLoad): string {
  const by = load.mode !== 'scd2' && load.partitionBy !== undefined ? [quoteIdentifier(load.partitionBy)] : [];
  const fields = load.partitioning ?? by;
  return fields.length === 0 ? '' : ` WITH (partitioning = ARRAY[${fields.map(quoteLiteral).join(', ')}])`;
}

function inDuckDb({ name, type }: Column): Column {
  return { name, type: toDuckDbType(type) };
}
