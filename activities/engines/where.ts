import { ValidationError } from '../../sdk/index.js';
import type { Condition } from './condition.js';
import type { Dialect } from './dialect.js';
import type { Column, Parameter } from './engine.js';

/** The parameters of a statement that is being written. */
export class Bindings {
  readonly values: Parameter[] = [];

  constructor(private readonly dialect: Dialect) {}

  /** Binds a value and gives the expression that stands for it. */
  add(value: Parameter, type: string): string {
    this.values.push(value);
    return this.dialect.parameter(this.values.length, type);
  }
}

/**
 * The column of that name.
 *
 * @throws ValidationError unknown_column, with the columns that there are
 */
export function findColumn(columns: readonly Column[], name: string, table: string): Column {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  throw new ValidationError(`${table} has no column '${name.slice(0, 200)}'. Its columns are ${columns.map((column) => column.name).join(', ')}.`, {
    code: 'unknown_column',
    where: table,
  });
}

/** `WHERE …` for conditions that must all hold, or nothing. @throws ValidationError unknown_column */
export function compileWhere(conditions: readonly Condition[], columns: readonly Column[], table: string, bindings: Bindings, dialect: Dialect): string {
  if (conditions.length === 0) return '';
  return ` WHERE ${conditions.map((condition) => compileCondition(condition, findColumn(columns, condition.column, table), bindings, dialect)).join(' AND ')}`;
}

function compileCondition(condition: Condition, column: Column, bindings: Bindings, dialect: Dialect): string {
  const name = dialect.identifier(column.name);
  switch (condition.op) {
    case 'is_null':
      return `${name} IS NULL`;
    case 'is_not_null':
      return `${name} IS NOT NULL`;
    case 'in':
    case 'not_in':
      return `${name} ${condition.op === 'in' ? 'IN' : 'NOT IN'} (${condition.value.map((value) => bindings.add(value, typeFor(value, column, dialect))).join(', ')})`;
    case 'like':
      return `${name} LIKE ${bindings.add(String(condition.value), dialect.types.text)}`;
    default:
      return `${name} ${condition.op === '!=' ? '<>' : condition.op} ${bindings.add(condition.value, typeFor(condition.value, column, dialect))}`;
  }
}

/** The type that a value is read as beside a column: the column's, but a fraction is not rounded to an integer. */
export function typeFor(value: Parameter, column: Column, dialect: Dialect): string {
  return typeof value === 'number' && !Number.isInteger(value) ? dialect.types.number : column.type;
}

/** `a, b, c` or `*`, for the columns that are asked for. @throws ValidationError unknown_column */
export function compileSelect(names: readonly string[] | undefined, columns: readonly Column[], table: string, dialect: Dialect): string {
  if (names === undefined) return '*';
  return names.map((name) => dialect.identifier(findColumn(columns, name, table).name)).join(', ');
}
