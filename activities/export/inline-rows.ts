import { ValidationError } from '../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../engines/dialect.js';

type Value = string | number | boolean | null;

/** What stands after FROM to read inline rows that were written to a JSON file. Types come from the values: a text is never guessed to be a date. */
export function inlineRelation(file: string, rows: readonly Record<string, Value>[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length === 0) throw new ValidationError('The rows have no columns.');
  const columns = names.map((name) => `${quoteIdentifier(name)}: '${typeOf(rows.map((row) => row[name] ?? null))}'`);
  return `read_json(${quoteLiteral(file)}, format='array', columns={${columns.join(', ')}})`;
}

function typeOf(values: readonly Value[]): string {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return 'VARCHAR';
  if (present.every((value) => Number.isSafeInteger(value))) return 'BIGINT';
  if (present.every((value) => typeof value === 'number')) return 'DOUBLE';
  return present.every((value) => typeof value === 'boolean') ? 'BOOLEAN' : 'VARCHAR';
}
