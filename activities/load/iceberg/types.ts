const names: Record<string, string> = { real: 'FLOAT', varbinary: 'BLOB', char: 'VARCHAR' };

/** Trino's name of a type in DuckDB's words, which say whether rows fit a table. */
export function toDuckDbType(type: string): string {
  if (/^timestamp(\(\d+\))? with time zone$/.test(type)) return 'TIMESTAMP WITH TIME ZONE';
  if (/^timestamp(\(\d+\))?$/.test(type)) return 'TIMESTAMP';
  if (/^time(\(\d+\))?$/.test(type)) return 'TIME';
  if (/^(var)?char(\(\d+\))?$/.test(type)) return 'VARCHAR';
  return names[type] ?? type.toUpperCase().replaceAll(', ', ',');
}
