import type { Check } from '../../sdk/authoring/quality.js';
import type { Condition } from '../engines/condition.js';
import type { Dialect } from '../engines/dialect.js';
import type { Column, Parameter, Statement } from '../engines/engine.js';
import { Bindings, compileWhere, findColumn, typeFor } from '../engines/where.js';

/** What is checked: a table's rows, under the name `checked`. */
export interface Checked {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly where: readonly Condition[];
}

/** SQL text that is being written together with its parameters. */
export class CheckQuery {
  readonly bindings: Bindings;
  private readonly joins: string[] = [];

  constructor(
    private readonly checked: Checked,
    readonly dialect: Dialect,
    /** What a referenced table is called in this engine. */
    private readonly nameOf: (check: Check) => string,
  ) {
    this.bindings = new Bindings(dialect);
  }

  /** The condition under which a row breaks the rule, or undefined for a check that is not one of rows. @throws ValidationError unknown_column */
  violation(check: Check): string | undefined {
    switch (check.check) {
      case 'not_null':
        return `${this.column(check.column)} IS NULL`;
      case 'accepted_values':
        return `${this.column(check.column)} NOT IN (${check.values.map((value) => this.value(value, check.column)).join(', ')})`;
      case 'range':
        return this.outside(check);
      case 'pattern':
        return `NOT ${this.dialect.matches(this.text(check.column), this.bindings.add(check.pattern, this.dialect.types.text))}`;
      case 'type':
        return `${this.column(check.column)} IS NOT NULL AND NOT ${this.dialect.readable(this.text(check.column), check.type)}`;
      case 'references':
        return `${this.column(check.column)} IS NOT NULL AND ${this.join(check)}.value IS NULL`;
      default:
        return undefined;
    }
  }

  /** A column of the table. @throws ValidationError unknown_column */
  column(name: string): string {
    return `checked.${this.dialect.identifier(findColumn(this.checked.columns, name, this.checked.table).name)}`;
  }

  /** `SELECT … FROM` the rows that are checked, with what the checks need beside them. */
  select(what: string, rest = ''): Statement {
    const where = compileWhere(this.checked.where, this.checked.columns, this.checked.table, this.bindings, this.dialect);
    const text = `SELECT ${what} FROM (SELECT * FROM ${this.dialect.table(this.checked.table)}${where}) AS checked${this.joins.join('')}${rest}`;
    return { text, parameters: this.bindings.values };
  }

  private outside({ column, min, max }: Extract<Check, { check: 'range' }>): string {
    const name = this.column(column);
    const nan = this.dialect.notANumber(name, findColumn(this.checked.columns, column, this.checked.table).type);
    const sides = [
      ...(min === undefined ? [] : [`${name} < ${this.value(min, column)}`]),
      ...(max === undefined ? [] : [`${name} > ${this.value(max, column)}`]),
    ];
    if (sides.length === 0) return 'FALSE';
    // NaN is above all numbers in one engine and beside them in another.
    return `(${[...sides, ...(nan === undefined ? [] : [nan])].join(' OR ')})`;
  }

  private value(value: Parameter, column: string): string {
    return this.bindings.add(value, typeFor(value, findColumn(this.checked.columns, column, this.checked.table), this.dialect));
  }

  private text(column: string): string {
    return `CAST(${this.column(column)} AS ${this.dialect.types.text})`;
  }

  // Joined to the distinct keys, a row stays one row.
  private join(check: Extract<Check, { check: 'references' }>): string {
    const name = `reference_${this.joins.length}`;
    this.joins.push(
      ` LEFT JOIN (SELECT DISTINCT ${this.dialect.identifier(check.key)} AS value FROM ${this.nameOf(check)}) AS ${name} ON ${name}.value = ${this.column(check.column)}`,
    );
    return name;
  }
}

/** One query for all checks that a single pass over the rows can answer: `rows` and `check_<index>` of each. */
export function compileAggregates(checks: readonly Check[], query: CheckQuery): Statement {
  const parts = checks.flatMap((check, index) => {
    const measure = aggregate(check, query);
    return measure === undefined ? [] : [`${measure} AS check_${index}`];
  });
  return query.select(['count(*) AS total', ...parts].join(', '));
}

function aggregate(check: Check, query: CheckQuery): string | undefined {
  if (check.check === 'freshness') return `CAST(max(${query.column(check.column)}) AS ${query.dialect.types.timestamp})`;
  if (check.check === 'unique') return repeated(check.columns.map((column) => query.column(column)));
  const violation = query.violation(check);
  return violation === undefined ? undefined : `count(CASE WHEN ${violation} THEN 1 END)`;
}

/** Rows too many: all but one of each group of equal ones. */
function repeated(columns: string[]): string {
  const present = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
  const key = columns.length === 1 ? columns[0] : `(${columns.join(', ')})`;
  return `count(CASE WHEN ${present} THEN 1 END) - count(DISTINCT CASE WHEN ${present} THEN ${key} END)`;
}

/** The query for a few rows that break a rule, or undefined where the rule is not one of rows. */
export function compileSample(check: Check, query: CheckQuery): Statement | undefined {
  if (check.check === 'unique')
    return sampleRepeated(
      check.columns.map((column) => query.column(column)),
      query,
    );
  const violation = query.violation(check);
  return violation === undefined ? undefined : query.select('checked.*', ` WHERE ${violation}`);
}

function sampleRepeated(columns: string[], query: CheckQuery): Statement {
  const present = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
  const repeats = query.select(`checked.*, count(*) OVER (PARTITION BY ${columns.join(', ')}) AS headrace_repeats`, ` WHERE ${present}`);
  return { text: `SELECT * FROM (${repeats.text}) AS repeated WHERE headrace_repeats > 1`, parameters: repeats.parameters ?? [] };
}
