import { type Dialect, quoteIdentifier, type ReadableType } from '../dialect.js';
import { quoteTable } from '../table-name.js';

const number = String.raw`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$`;
const date = String.raw`^\s*\d{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])`;
const time = String.raw`([T ]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?)?`;
const forms: Record<ReadableType, string> = {
  integer: String.raw`^\s*[+-]?\d+\s*$`,
  number,
  boolean: String.raw`^\s*(true|false|t|f|yes|no|y|n|1|0)\s*$`,
  date: String.raw`${date}\s*$`,
  timestamp: String.raw`${date}${time}\s*$`,
  uuid: String.raw`^\s*[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\s*$`,
};

/** PostgreSQL's SQL. Before version 16 it cannot try a cast: what can be read as a type is said by its form, and the days of its month. */
export const postgresDialect: Dialect = {
  identifier: quoteIdentifier,
  table: quoteTable,
  parameter: (index, type) => `CAST($${index} AS ${type})`,
  matches: (text, pattern) => `(${text} ~ ${pattern})`,
  notANumber: (column, type) => (/^(double precision|real|numeric)/.test(type) ? `${column} = 'NaN'` : undefined),
  readable: (text, type) =>
    type === 'date' || type === 'timestamp' ? realDate(text, forms[type]) : `(${text} ${type === 'boolean' ? '~*' : '~'} '${forms[type]}')`,
  types: { text: 'text', number: 'double precision', timestamp: 'timestamp' },
};

// The CASE keeps the arithmetic away from texts that are no dates.
function realDate(text: string, form: string): string {
  const part = (index: number) => `CAST(split_part(split_part(translate(trim(${text}), 'T', ' '), ' ', 1), '-', ${index}) AS integer)`;
  const lastDay = `extract(day FROM make_date(${part(1)}, ${part(2)}, 1) + interval '1 month - 1 day')`;
  return `(CASE WHEN ${text} ~ '${form}' THEN ${part(1)} > 0 AND ${part(3)} <= ${lastDay.replace(`make_date(${part(1)}`, `make_date(greatest(${part(1)}, 1)`)} ELSE FALSE END)`;
}
