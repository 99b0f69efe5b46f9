import { ValidationError } from '../../sdk/index.js';
import { quoteIdentifier } from './dialect.js';

/** A table's name in parts. */
export interface TableName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** The schema of tables that belong to one run and are dropped some days later. */
export const temporarySchema = 'headrace_tmp';

const part = '(?:"((?:[^"]|"")+)"|([^".]+))';
const form = new RegExp(`^(?:${part}\\.)?${part}$`, 'su');

/**
 * Reads `table`, `schema.table` and, for names with dots or quotes in them, `"my schema"."my.table"`.
 *
 * @throws ValidationError unknown_table when it is none of them
 */
export function parseTableName(text: string): TableName {
  const found = form.exec(text);
  if (found === null || text.includes('\0')) {
    throw new ValidationError(`'${text.slice(0, 100)}' is not the name of a table.`, {
      code: 'unknown_table',
      fix: 'Write table, schema.table or "schema"."table".',
    });
  }
  const [, quotedSchema, schema, quotedName, name] = found;
  return { schema: unquote(quotedSchema) ?? schema, name: unquote(quotedName) ?? (name as string) };
}

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.replaceAll('""', '"');
}

/** A name in SQL, quoted. */
export function quoteTable(text: string): string {
  const { schema, name } = parseTableName(text);
  return schema === undefined ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}
