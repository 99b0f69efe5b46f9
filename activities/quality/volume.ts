import type { Check } from '../../sdk/authoring/quality.js';
import { HeadraceError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import type { Engine } from '../engines/engine.js';
import { withEngine } from '../engines/open-engine.js';
import { Bindings, findColumn } from '../engines/where.js';

type Volume = Extract<Check, { check: 'volume' }>;

/** The rows of the last partitions of a table before this one, newest first. A table that is not there yet has none. */
export async function partitionHistory(check: Volume, engine: Engine, context: StepContext): Promise<number[]> {
  try {
    if (check.of.connection === engine.connection) return await readHistory(check, engine);
    return await withEngine(context, check.of.connection, (other) => readHistory(check, other));
  } catch (error) {
    if (error instanceof HeadraceError && error.code === 'unknown_table') return [];
    throw error;
  }
}

async function readHistory({ of, partitionBy, partition, sum, last }: Volume, engine: Engine): Promise<number[]> {
  const { dialect } = engine;
  const columns = await engine.columns(of.table);
  const column = findColumn(columns, partitionBy, of.table);
  const bindings = new Bindings(dialect);
  const name = dialect.identifier(column.name);
  const measure = sum === undefined ? 'count(*)' : `sum(${dialect.identifier(findColumn(columns, sum, of.table).name)})`;
  const text = `SELECT ${name}, ${measure} AS volume FROM ${dialect.table(of.table)} WHERE ${name} < ${bindings.add(partition, column.type)} GROUP BY ${name} ORDER BY ${name} DESC`;
  const { rows } = await engine.query({ text, parameters: bindings.values }, last);
  return rows.map((row) => Number(row.volume));
}
