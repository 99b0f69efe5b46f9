import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../dialect.js';

/** A table's name in parts; those that are left out are the connection's. */
export interface TrinoTable {
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  readonly name: string;
}

const part = '(?:"((?:[^"]|"")+)"|([^".]+))';
const form = new RegExp(`^(?:(?:${part}\\.)?${part}\\.)?${part}$`, 'su');

/**
 * Reads `table`, `schema.table` and `catalog.schema.table`; names with dots or quotes in them stand in quotes.
 *
 * @throws ValidationError unknown_table when it is none of them
 */
export function parseTrinoTable(text: string): TrinoTable {
  const found = form.exec(text);
  if (found === null || text.includes('\0')) {
    throw new ValidationError(`'${text.slice(0, 100)}' is not the name of a table.`, {
      code: 'unknown_table',
      fix: 'Write table, schema.table or catalog.schema.table; names with dots in double quotes.',
    });
  }
  const [, quotedCatalog, catalog, quotedSchema, schema, quotedName, name] = found;
  const unquote = (quoted: string | undefined) => quoted?.replaceAll('""', '"');
  return { catalog: unquote(quotedCatalog) ?? catalog, schema: unquote(quotedSchema) ?? schema, name: unquote(quotedName) ?? (name as string) };
}

/** A name in SQL, quoted, with as many parts as it has. */
export function quoteTrinoTable(text: string): string {
  const { catalog, schema, name } = parseTrinoTable(text);
  return [catalog, schema, name].flatMap((it) => (it === undefined ? [] : [quoteIdentifier(it)])).join('.');
}
