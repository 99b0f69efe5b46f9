import { type Dialect, quoteIdentifier, type ReadableType } from '../dialect.js';
import { quoteTrinoTable } from './table-name.js';

const form: Record<ReadableType, (text: string) => string> = {
  integer: (text) => `regexp_like(${text}, '^\\s*[+-]?[0-9]+\\s*$')`,
  number: (text) => `TRY_CAST(trim(${text}) AS double) IS NOT NULL`,
  boolean: (text) => `regexp_like(${text}, '(?i)^\\s*(true|false|t|f|yes|no|y|n|1|0)\\s*$')`,
  date: (text) => `TRY_CAST(trim(${text}) AS date) IS NOT NULL`,
  timestamp: (text) => `TRY_CAST(replace(trim(${text}), 'T', ' ') AS timestamp(6)) IS NOT NULL`,
  uuid: (text) => `TRY_CAST(trim(${text}) AS uuid) IS NOT NULL`,
};

/** Trino's SQL. */
export const trinoDialect: Dialect = {
  identifier: quoteIdentifier,
  table: quoteTrinoTable,
  parameter: (index, type) => `CAST(${readable(`$${index}`, type)} AS ${uncut(type)})`,
  matches: (text, pattern) => `regexp_like(${text}, ${pattern})`,
  notANumber: (column, type) => (/^(double|real)$/.test(type) ? `is_nan(${column})` : undefined),
  readable: (text, type) => `(${form[type](text)})`,
  types: { text: 'varchar', number: 'double', timestamp: 'timestamp(6)' },
};

/** A cast to varchar(3) would cut a longer text, which then equals what it does not. */
function uncut(type: string): string {
  return type.replace(/^varchar\(\d+\)$/, 'varchar');
}

/** Trino reads a time only after a space. */
function readable(parameter: string, type: string): string {
  return type.startsWith('timestamp')
    ? `regexp_replace(CAST(${parameter} AS varchar), '^(\\S+)T(\\S*?)(Z?)$', x -> x[1] || ' ' || x[2] || if(x[3] = '', '', ' UTC'))`
    : parameter;
}
