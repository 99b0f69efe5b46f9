import { quoteIdentifier } from '../../engines/dialect.js';
import type { Column } from '../../engines/engine.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { toDuckDbType } from '../../engines/postgres/types.js';
import { parseTableName, quoteTable } from '../../engines/table-name.js';
import { checkFit } from '../fit.js';
import type { Load } from '../steps.js';

/** A table of PostgreSQL as a load finds it. */
export interface Target {
  /** Quoted. */
  readonly name: string;
  readonly columns: readonly TargetColumn[];
  /** Whether this load made it. */
  readonly created: boolean;
}

export interface TargetColumn extends Column {
  /** Computed by the table, and never written. */
  readonly generated: boolean;
  /** Filled by the table where a row does not say it. */
  readonly filled: boolean;
  /** An identity that may be inserted and never updated. */
  readonly fixed: boolean;
}

/** The columns that a slowly changing dimension has beside those of its rows. */
export const versionColumns: readonly Column[] = [
  { name: 'valid_from', type: 'timestamp with time zone' },
  { name: 'valid_to', type: 'timestamp with time zone' },
  { name: 'is_current', type: 'boolean' },
];

/** The target's columns, or none where it is not there. */
export async function targetColumns(engine: PostgresEngine, table: string): Promise<TargetColumn[]> {
  return engine.session.rows<TargetColumn>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attgenerated <> '' AS generated, atthasdef OR attidentity <> '' AS filled, attidentity = 'a' AS fixed
     FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [quoteTable(table)],
  );
}

/**
 * Makes the target where it is not there, keeps other writers off it until the transaction's end, and sees whether the rows fit.
 *
 * @throws SchemaConflictError
 */
export async function openTarget(engine: PostgresEngine, load: Load, rows: readonly Column[]): Promise<Target> {
  const table = load.into.table;
  const created = (await targetColumns(engine, table)).length === 0;
  if (created) await createTarget(engine, load, rows);
  await engine.session.rows(`LOCK TABLE ${quoteTable(table)} IN SHARE ROW EXCLUSIVE MODE`);
  const columns = await targetColumns(engine, table);
  const own = load.mode === 'scd2' ? versionColumns.map(({ name }) => name) : [];
  const expected = columns.filter(({ name }) => !own.includes(name));
  const optional = expected.filter(({ generated, filled }) => generated || filled).map(({ name }) => name);
  checkFit(
    rows.map(inDuckDb),
    [...expected, ...columns.filter(({ name }) => own.includes(name) && rows.some((row) => row.name === name))].map(inDuckDb),
    table,
    optional,
  );
  if (load.mode === 'scd2') checkFit(versionColumns.map(inDuckDb), columns.filter(({ name }) => own.includes(name)).map(inDuckDb), table);
  return { name: quoteTable(table), columns, created };
}

async function createTarget(engine: PostgresEngine, load: Load, rows: readonly Column[]): Promise<void> {
  const { schema } = parseTableName(load.into.table);
  if (schema !== undefined) await engine.ensureSchema(schema);
  const columns = [...rows, ...(load.mode === 'scd2' ? versionColumns : [])].map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  const keys = load.mode === 'merge' || load.mode === 'scd2' ? [...load.keys, ...(load.mode === 'scd2' ? ['valid_from'] : [])].map(quoteIdentifier) : [];
  const known = [...rows, ...versionColumns].map(({ name }) => quoteIdentifier(name));
  const primary = keys.length > 0 && keys.every((key) => known.includes(key)) ? [`PRIMARY KEY (${keys.join(', ')})`] : [];
  await engine.session.rows(`CREATE TABLE ${quoteTable(load.into.table)} (${[...columns, ...primary].join(', ')})`);
}

function inDuckDb({ name, type }: Column): Column {
  return { name, type: toDuckDbType(type) };
}
