import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteIdentifier } from '../dialect.js';
import type { Column, Engine, LocalData, Rows, Statement, Written } from '../engine.js';
import { parseTableName, quoteTable } from '../table-name.js';
import { duckDbDialect } from './dialect.js';
import { type Limits, sharedInstance } from './instances.js';
import { Lake } from './lake.js';
import { localizeQuery, parquetRelation, replaceParquet } from './parquet.js';
import { DuckDbSession } from './session.js';
import { Snapshot } from './snapshot.js';

/** DuckDB in memory over a folder of Parquet. Each step has a catalogue of its own in the connection's shared instance. */
export class DuckDbFolderEngine implements Engine {
  readonly dialect = duckDbDialect;
  /** The files that this step reads, as it found them. */
  readonly snapshot: Snapshot;
  private readonly defined = new Set<string>();
  private readonly relations = new Map<string, Promise<string>>();

  private constructor(
    readonly connection: string,
    readonly lake: Lake,
    readonly session: DuckDbSession,
    private readonly catalogue: string,
  ) {
    this.snapshot = new Snapshot(lake, catalogue);
  }

  static async open(name: string, settings: Limits & { folder: string }, signal: AbortSignal): Promise<DuckDbFolderEngine> {
    const instance = await sharedInstance(settings.folder, { memory: settings.memory, threads: settings.threads });
    const session = await DuckDbSession.open(instance, name, signal);
    const catalogue = `call_${randomUUID()}`;
    await session.rows(`ATTACH ':memory:' AS ${quoteIdentifier(catalogue)}`);
    await session.rows(`USE ${quoteIdentifier(catalogue)}`);
    return new DuckDbFolderEngine(name, new Lake(settings.folder, name), session, catalogue);
  }

  async query(statement: Statement, limit: number): Promise<Rows> {
    await this.define(statement.text);
    return this.session.query(statement, limit);
  }

  async columns(table: string): Promise<Column[]> {
    return this.session.describe({ text: `FROM ${await this.relation(table)}` });
  }

  async alias(name: string, data: LocalData | string): Promise<void> {
    const relation = typeof data === 'string' ? await this.relation(data) : data.relation;
    await this.session.rows(`CREATE OR REPLACE TEMP VIEW ${quoteIdentifier(name)} AS FROM ${relation}`);
    this.defined.add(name);
  }

  async replace(table: string, query: Statement): Promise<Written> {
    await this.define(query.text);
    return replaceParquet(this.session, this.lake, table, query).finally(() => this.refresh(table));
  }

  async receive(table: string, data: LocalData): Promise<Written> {
    this.refresh(table);
    return replaceParquet(this.session, this.lake, table, { text: `FROM ${data.relation}`, parameters: data.parameters });
  }

  /** A table is read where it lies; a query's rows are written down first. */
  async localize(what: Statement | string): Promise<LocalData> {
    if (typeof what === 'string') return { relation: await this.relation(what), columns: await this.columns(what), dispose: async () => {} };
    await this.define(what.text);
    return localizeQuery(this.session, what);
  }

  /** What stands after FROM to read a table. @throws ValidationError unknown_table */
  relation(table: string): Promise<string> {
    const found = this.relations.get(table) ?? parquetRelation(this.lake, table, this.session, this.snapshot);
    this.relations.set(table, found);
    return found;
  }

  /** Forgets what a table was like, for those who want to know what it is now. */
  refresh(table: string): void {
    this.relations.delete(table);
  }

  async prune(days: number): Promise<void> {
    for (const folder of ['tables', 'staging', 'reads'].map((name) => this.lake.own(name))) await removeOlder(folder, days);
  }

  async close(): Promise<void> {
    // What the step threw must not be hidden by a catalogue that cannot be forgotten.
    await this.session.forget(this.catalogue).catch(() => undefined);
    this.session.close();
    await this.snapshot.remove().catch(() => undefined);
  }

  /** Defines a view for each table whose name stands in the text: reading the columns of all would open a file of each. */
  private async define(text: string): Promise<void> {
    const lower = text.toLowerCase();
    for (const table of await this.lake.tables()) {
      const { schema, name } = parseTableName(table);
      if (this.defined.has(table) || !lower.includes(name.toLowerCase().replaceAll('"', '""')) || (await this.lake.firstFile(table)) === undefined) continue;
      this.defined.add(table);
      if (schema !== undefined) await this.session.rows(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
      await this.session.rows(`CREATE VIEW ${quoteTable(table)} AS FROM ${await this.relation(table)}`);
    }
  }
}

async function removeOlder(folder: string, days: number): Promise<void> {
  const oldest = Date.now() - days * 86_400_000;
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}
