import { BIGINT, BOOLEAN, DOUBLE, type DuckDBType, DuckDBTypeId, type DuckDBValue, type Json, VARCHAR } from '@duckdb/node-api';
import type { Parameter, Statement } from '../engine.js';

/** A parameter's value and type as DuckDB binds them. */
function bound(value: Parameter): [DuckDBValue, DuckDBType] {
  if (typeof value === 'string') return [value, VARCHAR];
  if (typeof value === 'boolean') return [value, BOOLEAN];
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [BigInt(value), BIGINT] : [value, DOUBLE];
  return [null, VARCHAR];
}

type Bound = { values?: DuckDBValue[] | Record<string, DuckDBValue>; types?: DuckDBType[] | Record<string, DuckDBType> };

/** A statement's parameters as DuckDB binds them. */
export function bindParameters(parameters: Statement['parameters']): Bound {
  if (parameters === undefined) return {};
  const pairs = Object.entries(parameters).map(([name, value]) => [name, bound(value)] as const);
  if (pairs.length === 0) return {};
  if (Array.isArray(parameters)) return { values: pairs.map(([, [value]]) => value), types: pairs.map(([, [, type]]) => type) };
  return {
    values: Object.fromEntries(pairs.map(([name, [value]]) => [name, value])),
    types: Object.fromEntries(pairs.map(([name, [, type]]) => [name, type])),
  };
}

/** A value of DuckDB's JSON form in ours: numbers where they are exact, dates and times in ISO form. */
export function toJson(value: Json, type: DuckDBTypeId): Json {
  if (typeof value !== 'string') return value;
  switch (type) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return value.replace(' ', 'T');
    case DuckDBTypeId.TIMESTAMP_TZ:
      return value.replace(' ', 'T').replace(/\+00(:00)?$/, 'Z');
    default:
      return value;
  }
}
