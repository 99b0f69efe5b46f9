import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import type { Column, Engine, LocalData, Rows, Statement, Written } from '../engine.js';
import { isOlder, madeNow } from '../made-now.js';
import { parseTableName, quoteTable, temporarySchema } from '../table-name.js';
import { duckDbDialect } from './dialect.js';
import { holdFile, type Limits } from './instances.js';
import { localizeQuery } from './parquet.js';
import { DuckDbSession } from './session.js';

/** The tables inside a .duckdb file, which is held for the length of the step: another process has to wait (duckdb_locked). */
export class DuckDbFileEngine implements Engine {
  readonly dialect = duckDbDialect;

  private constructor(
    readonly connection: string,
    readonly session: DuckDbSession,
    private readonly release: () => void,
  ) {}

  static async open(name: string, settings: Limits & { file?: string | undefined }, signal: AbortSignal): Promise<DuckDbFileEngine> {
    const held = await holdFile(settings.file ?? '', settings, name);
    try {
      return new DuckDbFileEngine(name, await DuckDbSession.open(held.instance, name, signal), held);
    } catch (error) {
      held();
      throw error;
    }
  }

  query(statement: Statement, limit: number): Promise<Rows> {
    return this.session.query(statement, limit);
  }

  async columns(table: string): Promise<Column[]> {
    const { schema, name } = parseTableName(table);
    const found = await this.session.rows<Column>(
      'SELECT column_name AS name, data_type AS type FROM duckdb_columns() WHERE table_name = $1 AND schema_name = $2 AND database_name = current_database() ORDER BY column_index',
      [name, schema ?? 'main'],
    );
    if (found.length === 0)
      throw new ValidationError(`There is no table '${table.slice(0, 200)}' in the file of '${this.connection}'.`, {
        code: 'unknown_table',
        where: this.connection,
      });
    return found;
  }

  async alias(name: string, data: LocalData | string): Promise<void> {
    const relation = typeof data === 'string' ? quoteTable(data) : data.relation;
    await this.session.rows(`CREATE OR REPLACE TEMP VIEW ${quoteIdentifier(name)} AS FROM ${relation}`);
  }

  async replace(table: string, query: Statement): Promise<Written> {
    const { schema } = parseTableName(table);
    if (schema !== undefined) await this.session.rows(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
    const { changed } = await this.session.query(
      { text: `CREATE OR REPLACE TABLE ${quoteTable(table)} AS (${query.text}\n)`, parameters: query.parameters },
      1,
    );
    if (schema === temporarySchema) await this.session.rows(`COMMENT ON TABLE ${quoteTable(table)} IS ${quoteLiteral(madeNow())}`);
    return { rows: changed ?? 0, bytes: await this.bytes(table), columns: await this.columns(table) };
  }

  receive(table: string, data: LocalData): Promise<Written> {
    return this.replace(table, { text: `FROM ${data.relation}`, parameters: data.parameters });
  }

  localize(what: Statement | string): Promise<LocalData> {
    return localizeQuery(this.session, typeof what === 'string' ? { text: `FROM ${quoteTable(what)}` } : what);
  }

  async prune(days: number): Promise<void> {
    const tables = await this.session.rows<{ name: string; comment: string | null }>(
      'SELECT table_name AS name, comment FROM duckdb_tables() WHERE schema_name = $1 AND database_name = current_database()',
      [temporarySchema],
    );
    const old = tables.filter(({ comment }) => isOlder(comment, days));
    // Another step may drop it at the same moment.
    for (const { name } of old)
      await this.session.rows(`DROP TABLE IF EXISTS ${[temporarySchema, name].map(quoteIdentifier).join('.')}`).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.session.close();
    this.release();
  }

  /** What the table takes on the disk, in whole blocks. */
  private async bytes(table: string): Promise<number> {
    await this.session.rows('CHECKPOINT').catch(() => undefined);
    const blocks = await this.session.rows<{ blocks: number }>(
      `SELECT count(DISTINCT block_id) AS blocks FROM pragma_storage_info(${quoteLiteral(quoteTable(table))}) WHERE persistent`,
    );
    return (blocks[0]?.blocks ?? 0) * 262_144;
  }
}
