import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../dialect.js';
import type { Column } from '../engine.js';
import { failureName } from './errors.js';
import type { TrinoSession } from './session.js';

/** Connectors where one statement lets a new table take the place of an old one. */
const replacing = new Set(['iceberg', 'delta_lake']);
const connectors = new Map<string, string>();
const schemas = new Set<string>();

/** A table's columns. @param table quoted @throws ValidationError unknown_table */
export async function describe(session: TrinoSession, table: string): Promise<Column[]> {
  const rows = await session.rows<{ Column: string; Type: string }>(`DESCRIBE ${table}`);
  return rows.map(({ Column: name, Type: type }) => ({ name, type }));
}

/** Whether a table of the catalog can be replaced by one commit. */
export async function replacesAtOnce(session: TrinoSession, catalog: string): Promise<boolean> {
  const key = `${session.settings.url} ${catalog}`;
  const known = connectors.get(key) ?? (await connectorOf(session, catalog));
  connectors.set(key, known);
  return replacing.has(known);
}

/** The connector behind a catalog, such as iceberg. @throws ValidationError bad_connection */
export async function connectorOf(session: TrinoSession, catalog: string): Promise<string> {
  const [found] = await session.rows<{ name: string }>('SELECT connector_name AS name FROM system.metadata.catalogs WHERE catalog_name = $1', [catalog]);
  if (found !== undefined) return found.name;
  throw new ValidationError(`Trino of '${session.connection}' has no catalog '${catalog}', or '${session.settings.user}' may not see it.`, {
    code: 'bad_connection',
    where: session.connection,
  });
}

/** Makes a schema unless it is there: CREATE SCHEMA IF NOT EXISTS asks for the right to make one, also where it exists. */
export async function ensureSchema(session: TrinoSession, catalog: string, schema: string): Promise<void> {
  const key = `${session.settings.url} ${catalog} ${schema}`;
  if (schemas.has(key)) return;
  const found = await session.rows(`SELECT 1 AS found FROM ${quoteIdentifier(catalog)}.information_schema.schemata WHERE schema_name = $1`, [schema]);
  if (found.length === 0) await createSchema(session, `${quoteIdentifier(catalog)}.${quoteIdentifier(schema)}`);
  schemas.add(key);
}

async function createSchema(session: TrinoSession, quoted: string): Promise<void> {
  try {
    await session.rows(`CREATE SCHEMA IF NOT EXISTS ${quoted}`);
  } catch (error) {
    if (!/ALREADY_EXISTS/.test(failureName(error) ?? '')) throw error;
  }
}

/** Forgets what catalogs have: one that keeps its schemas in memory loses them with its server. */
export function forgetCatalogs(): void {
  connectors.clear();
  schemas.clear();
}
