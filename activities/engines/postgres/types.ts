/** A PostgreSQL type as DuckDB has it. What DuckDB has no type for travels as text; arrays travel as JSON. */
export function toDuckDbType(type: string): string {
  const exact = /^numeric\((\d+),(-?\d+)\)$/.exec(type);
  if (exact !== null) return Number(exact[1]) <= 38 && Number(exact[2]) >= 0 ? `DECIMAL(${exact[1]},${exact[2]})` : 'VARCHAR';
  if (type.endsWith('[]')) return 'JSON';
  return byName[type.replace(/\(\d+\)/, '')] ?? 'VARCHAR';
}

const byName: Record<string, string> = {
  boolean: 'BOOLEAN',
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  'double precision': 'DOUBLE',
  // Without a precision DuckDB has no equal: an exact one wants a cast in the query, sum(x)::numeric(20,2).
  numeric: 'DOUBLE',
  date: 'DATE',
  'time without time zone': 'TIME',
  'timestamp without time zone': 'TIMESTAMP',
  'timestamp with time zone': 'TIMESTAMP WITH TIME ZONE',
  uuid: 'UUID',
  json: 'JSON',
  jsonb: 'JSON',
  bytea: 'BLOB',
};

/** A DuckDB type as PostgreSQL has it. Lists and structs become jsonb. */
export function toPostgresType(type: string): string {
  if (/[[(]/.test(type) && !/^(DECIMAL|ENUM)/.test(type)) return 'jsonb';
  if (type.startsWith('ENUM')) return 'text';
  if (type.startsWith('DECIMAL')) return type.replace('DECIMAL', 'numeric');
  return fromDuckDb[type] ?? 'text';
}

const fromDuckDb: Record<string, string> = {
  BOOLEAN: 'boolean',
  TINYINT: 'smallint',
  UTINYINT: 'smallint',
  SMALLINT: 'smallint',
  USMALLINT: 'integer',
  INTEGER: 'integer',
  UINTEGER: 'bigint',
  BIGINT: 'bigint',
  UBIGINT: 'numeric(20,0)',
  HUGEINT: 'numeric(39,0)',
  UHUGEINT: 'numeric(39,0)',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  UUID: 'uuid',
  JSON: 'jsonb',
  BLOB: 'bytea',
  INTERVAL: 'interval',
};
