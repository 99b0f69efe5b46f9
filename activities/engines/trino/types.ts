/** A Trino type as DuckDB has it. What DuckDB has no type for travels as text; arrays, maps and rows as JSON. */
export function toDuckDbType(type: string): string {
  const [, name = type, precision] = /^([a-z ]+?)(?:\((\d+)[^)]*\))?( with time zone)?$/.exec(type) ?? [];
  if (name === 'decimal') return type.toUpperCase();
  if (type.endsWith('with time zone')) return name === 'timestamp' ? 'TIMESTAMP WITH TIME ZONE' : 'VARCHAR';
  if (name === 'timestamp') return Number(precision ?? 3) <= 6 ? 'TIMESTAMP' : Number(precision) <= 9 ? 'TIMESTAMP_NS' : 'VARCHAR';
  if (/^(array|map|row)\(/.test(type)) return 'JSON';
  return byName[name] ?? 'VARCHAR';
}

const byName: Record<string, string> = {
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  uuid: 'UUID',
  json: 'JSON',
  varbinary: 'BLOB',
};

/** A DuckDB type as Trino has it, in a form that every connector of tables knows. Lists, structs and JSON become text. */
export function toTrinoType(type: string): string {
  if (type.startsWith('DECIMAL')) return type.toLowerCase();
  return fromDuckDb[type] ?? 'varchar';
}

const fromDuckDb: Record<string, string> = {
  BOOLEAN: 'boolean',
  TINYINT: 'integer',
  UTINYINT: 'integer',
  SMALLINT: 'integer',
  USMALLINT: 'integer',
  INTEGER: 'integer',
  UINTEGER: 'bigint',
  BIGINT: 'bigint',
  UBIGINT: 'decimal(20,0)',
  HUGEINT: 'decimal(38,0)',
  FLOAT: 'real',
  DOUBLE: 'double',
  DATE: 'date',
  TIME: 'time(6)',
  TIMESTAMP: 'timestamp(6)',
  TIMESTAMP_S: 'timestamp(6)',
  TIMESTAMP_MS: 'timestamp(6)',
  TIMESTAMP_NS: 'timestamp(6)',
  'TIMESTAMP WITH TIME ZONE': 'timestamp(6) with time zone',
  BLOB: 'varbinary',
};
