import { SchemaConflictError } from '../../sdk/index.js';
import type { Column } from '../engines/engine.js';

/** Families of types, in DuckDB's words: a value may move to a type of the same family or to one of those named. */
const families: [RegExp, string, string[]][] = [
  [/^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT)$/, 'integer', ['decimal', 'float']],
  [/^DECIMAL/, 'decimal', ['float']],
  [/^(FLOAT|DOUBLE)$/, 'float', []],
  [/^DATE$/, 'date', ['timestamp']],
  [/^(TIMESTAMP|TIMESTAMP_(S|MS|NS))$/, 'timestamp', []],
  [/^TIMESTAMP WITH TIME ZONE$/, 'timestamptz', []],
  [/^(VARCHAR|JSON|ENUM)/, 'text', []],
];

function family(type: string): [string, string[]] {
  const found = families.find(([form]) => form.test(type));
  return found === undefined ? [type, []] : [found[1], found[2]];
}

/**
 * Sees whether rows fit a table: the same columns, in any order, with types that lose nothing but where a value is too large.
 *
 * @param optional columns that the table fills by itself
 * @throws SchemaConflictError, with the columns of both
 */
export function checkFit(rows: readonly Column[], table: readonly Column[], name: string, optional: readonly string[] = []): void {
  const typeOf = new Map(rows.map((column) => [column.name, column.type]));
  const missing = table.filter((column) => !typeOf.has(column.name) && !optional.includes(column.name)).map((column) => column.name);
  const extra = rows.filter((column) => !table.some((other) => other.name === column.name)).map((column) => column.name);
  const unlike = table.filter((column) => typeOf.has(column.name) && !fits(typeOf.get(column.name) as string, column.type)).map((column) => column.name);
  if (missing.length + extra.length + unlike.length === 0) return;
  const what = [said('missing', missing), said('too many', extra), said('of another type', unlike)].filter((text) => text !== '').join('; ');
  throw new SchemaConflictError(`The rows do not fit ${name} (${what}). The rows have ${list(rows)}; the table has ${list(table)}.`, { where: name });
}

function fits(from: string, to: string): boolean {
  if (scale(from) > scale(to)) return false;
  const [own, others] = family(from);
  return from === to || own === family(to)[0] || others.includes(family(to)[0]);
}

/** Digits after the point of a decimal, which a cast to fewer would round away. */
function scale(type: string): number {
  const [, digits] = /^DECIMAL\(\d+,(\d+)\)$/.exec(type) ?? [];
  if (digits !== undefined) return Number(digits);
  return /INT/.test(type) ? 0 : Number.POSITIVE_INFINITY;
}

function said(what: string, names: string[]): string {
  return names.length === 0 ? '' : `${what}: ${names.join(', ')}`;
}

function list(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name} ${type}`).join(', ');
}
