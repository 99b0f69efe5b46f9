import { type Dialect, quoteIdentifier, type ReadableType } from '../dialect.js';
import { quoteTable } from '../table-name.js';

const types: Record<ReadableType, string> = { integer: 'HUGEINT', number: 'DOUBLE', boolean: 'BOOLEAN', date: 'DATE', timestamp: 'TIMESTAMP', uuid: 'UUID' };

/** DuckDB's SQL. */
export const duckDbDialect: Dialect = {
  identifier: quoteIdentifier,
  table: quoteTable,
  parameter: (index, type) => `CAST($${index} AS ${type})`,
  matches: (text, pattern) => `regexp_matches(${text}, ${pattern})`,
  notANumber: (column, type) => (/^(DOUBLE|FLOAT)$/.test(type) ? `isnan(${column})` : undefined),
  // TRY_CAST reads '1.5' as the integer 2, so that an integer is also looked at.
  readable: (text, type) =>
    `(TRY_CAST(${text} AS ${types[type]}) IS NOT NULL${type === 'integer' ? ` AND regexp_full_match(trim(${text}), '[+-]?[0-9]+')` : ''})`,
  types: { text: 'VARCHAR', number: 'DOUBLE', timestamp: 'TIMESTAMP' },
};
