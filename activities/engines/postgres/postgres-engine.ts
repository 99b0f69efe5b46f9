import { randomUUID } from 'node:crypto';
import { HeadraceError, ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../dialect.js';
import type { Column, Engine, LocalData, Rows, Statement, Written } from '../engine.js';
import { parseTableName, quoteTable, temporarySchema } from '../table-name.js';
import { copyIn, copyOut } from './copy.js';
import { postgresDialect } from './dialect.js';
import { refuseLongNames } from './name-length.js';
import { numberParameters } from './named-parameters.js';
import type { PostgresSettings } from './pools.js';
import { queryRows } from './query-rows.js';
import { type Caller, PostgresSession } from './session.js';
import { toPostgresType } from './types.js';

const columnsOf = `
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
  WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

/** PostgreSQL, through one connection of the worker's pool. */
export class PostgresEngine implements Engine {
  readonly dialect = postgresDialect;

  private constructor(
    readonly connection: string,
    readonly session: PostgresSession,
    readonly signal: AbortSignal,
  ) {}

  static async open(name: string, settings: PostgresSettings, caller: Caller): Promise<PostgresEngine> {
    return new PostgresEngine(name, await PostgresSession.open(name, settings, caller), caller.signal);
  }

  async query(statement: Statement, limit: number): Promise<Rows> {
    try {
      const rows = await queryRows(this.session, statement, limit, this.connection);
      return { ...rows, columns: await this.nameTypes(rows.columns) };
    } catch (error) {
      throw error instanceof HeadraceError && error.code === 'unknown_column' ? await this.withColumns(error, statement.text) : error;
    }
  }

  async columns(table: string): Promise<Column[]> {
    this.refuseLongName(table);
    const found = await this.session.rows<Column>(columnsOf, [quoteTable(table)]);
    if (found.length > 0) return found;
    throw new ValidationError(`There is no table '${table.slice(0, 200)}' in '${this.connection}'.`, { code: 'unknown_table', where: this.connection });
  }

  async alias(name: string, data: LocalData | string): Promise<void> {
    if (typeof data === 'string') {
      await this.columns(data);
      await this.session.rows(`CREATE TEMP VIEW ${quoteIdentifier(name)} AS SELECT * FROM ${quoteTable(data)}`);
    } else {
      await this.createTable(`pg_temp.${quoteIdentifier(name)}`, data.columns);
      await copyIn(this.session, `pg_temp.${quoteIdentifier(name)}`, data, this.signal);
    }
  }

  replace(table: string, query: Statement): Promise<Written> {
    return this.swap(table, async (staged) => {
      const { text, values } = numberParameters(query);
      await this.session.rows(`CREATE TABLE ${staged} AS ${text}`, values);
    });
  }

  receive(table: string, data: LocalData): Promise<Written> {
    return this.swap(table, async (staged) => {
      await this.createTable(staged, data.columns);
      await copyIn(this.session, staged, data, this.signal);
    });
  }

  /** COPY takes no parameters: a query that has some is first answered into a temporary table. */
  async localize(what: Statement | string): Promise<LocalData> {
    if (typeof what === 'string') return copyOut(this.session, `SELECT * FROM ${quoteTable(what)}`, await this.columns(what));
    const name = `pg_temp.${quoteIdentifier(`local_${randomUUID()}`)}`;
    const { text, values } = numberParameters(what);
    await this.session.rows(`CREATE TEMP TABLE ${name.slice('pg_temp.'.length)} AS ${text}`, values);
    return copyOut(this.session, `SELECT * FROM ${name}`, await this.session.rows<Column>(columnsOf, [name]));
  }

  async prune(days: number): Promise<void> {
    const old = await this.session.rows<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE') AND obj_description(c.oid, 'pg_class')::timestamptz < now() - make_interval(days => $2::integer)`,
      [temporarySchema, days],
    );
    for (const { name } of old) await this.session.rows(`DROP TABLE IF EXISTS ${quoteIdentifier(temporarySchema)}.${quoteIdentifier(name)}`);
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** Makes a table, in PostgreSQL's types, of columns in DuckDB's. */
  async createTable(quoted: string, columns: readonly Column[]): Promise<void> {
    refuseLongNames(
      columns.map(({ name }) => name),
      this.connection,
    );
    await this.session.rows(`CREATE TABLE ${quoted} (${columns.map(({ name, type }) => `${quoteIdentifier(name)} ${toPostgresType(type)}`).join(', ')})`);
  }

  /** Writes a table under another name and lets it take the place of the one that is there, in one transaction. */
  private swap(table: string, write: (staged: string) => Promise<void>): Promise<Written> {
    this.refuseLongName(table);
    const { schema, name } = parseTableName(table);
    const within = schema === undefined ? '' : `${quoteIdentifier(schema)}.`;
    const staged = `${within}${quoteIdentifier(`staged_${randomUUID()}`)}`;
    return this.session.transaction(async () => {
      if (schema !== undefined) await this.ensureSchema(schema);
      await write(staged);
      await this.session.rows(`DROP TABLE IF EXISTS ${quoteTable(table)}`);
      await this.session.rows(`ALTER TABLE ${staged} RENAME TO ${quoteIdentifier(name)}`);
      if (schema === temporarySchema)
        await this.session.rows(`DO $$ BEGIN EXECUTE format('COMMENT ON TABLE %s IS %L', '${quoteTable(table).replaceAll("'", "''")}', now()); END $$`);
      const [size] = await this.session.rows<{ rows: number; bytes: number }>(
        `SELECT count(*) AS rows, pg_total_relation_size('${quoteTable(table).replaceAll("'", "''")}') AS bytes FROM ${quoteTable(table)}`,
      );
      return { rows: size?.rows ?? 0, bytes: size?.bytes ?? 0, columns: await this.columns(table) };
    });
  }

  /** @throws ValidationError */
  refuseLongName(table: string): void {
    const { schema, name } = parseTableName(table);
    refuseLongNames([schema, name], this.connection);
  }

  /** CREATE SCHEMA IF NOT EXISTS fails when two do it at once. */
  async ensureSchema(schema: string): Promise<void> {
    const found = await this.session.rows('SELECT 1 AS found FROM pg_namespace WHERE nspname = $1', [schema]);
    if (found.length > 0) return;
    await this.session.rows("SELECT pg_advisory_xact_lock(hashtextextended('headrace.schema', 0))");
    await this.session.rows(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
  }

  private async nameTypes(columns: readonly Column[]): Promise<Column[]> {
    if (columns.length === 0) return [];
    const found = await this.session.rows<{ oid: string; name: string }>(
      `SELECT t::text AS oid, format_type(t, NULL) AS name FROM unnest(CAST($1 AS oid[])) AS t`,
      [`{${columns.map(({ type }) => type).join(',')}}`],
    );
    const names = new Map(found.map(({ oid, name }) => [oid, name]));
    return columns.map(({ name, type }) => ({ name, type: names.get(type) ?? type }));
  }

  /** Adds the columns of the tables that a statement names. */
  private async withColumns(error: HeadraceError, text: string): Promise<ValidationError> {
    const tables = await this.session.rows<{ name: string; columns: string }>(
      `SELECT c.relname AS name, string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND pg_table_is_visible(c.oid) IS NOT NULL
         AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND position(lower(c.relname) IN lower($1)) > 0 GROUP BY c.oid, c.relname LIMIT 10`,
      [text],
    );
    const listed = tables.map(({ name, columns }) => `${name} has ${columns}`).join('; ');
    return new ValidationError(listed === '' ? error.message : `${error.message}. Columns: ${listed}.`, {
      code: 'unknown_column',
      where: this.connection,
      cause: error,
    });
  }
}
