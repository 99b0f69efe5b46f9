import { randomUUID } from 'node:crypto';
import { type Cost, PermissionDeniedError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { outsideId } from '../../outside/outside-id.js';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import type { Column, Engine, LocalData, Rows, Statement, Written } from '../engine.js';
import { madeNow } from '../made-now.js';
import { temporarySchema } from '../table-name.js';
import { describe, ensureSchema } from './catalogs.js';
import type { TrinoSettings } from './client-options.js';
import { trinoDialect } from './dialect.js';
import { endListed } from './end-listed.js';
import { localizeStatement } from './localize.js';
import { pruneTables } from './prune.js';
import { definition, insertRows } from './receive.js';
import { replaceTable } from './replace.js';
import { TrinoSession } from './session.js';
import { parseTrinoTable } from './table-name.js';

/** Trino, which is far away: statements are submitted and asked after, and go on there until they end or are ended. */
export class TrinoEngine implements Engine {
  readonly dialect = trinoDialect;
  /** Tables that stand for rows of other connections, for this attempt. */
  private readonly brought: string[] = [];
  /** The id under which Trino lists what is asked. A statement with `into` has one of its own, by which it is found and followed. */
  private readonly answers: string;
  /** Done when nothing of an earlier attempt runs any more. */
  private ended: Promise<void> | undefined;

  private constructor(
    readonly session: TrinoSession,
    private readonly context: StepContext,
  ) {
    this.answers = `${outsideId(context.key, 1)}/answer`;
  }

  static async open(connection: string, settings: TrinoSettings, context: StepContext): Promise<TrinoEngine> {
    return new TrinoEngine(new TrinoSession(connection, settings, { ...context, tenant: await context.tenant() }), context);
  }

  get connection(): string {
    return this.session.connection;
  }

  get cost(): Cost | undefined {
    return this.session.cost;
  }

  async query(statement: Statement, limit: number): Promise<Rows> {
    await this.alone();
    return this.session.query(statement, limit, this.answers);
  }

  columns(table: string): Promise<Column[]> {
    return describe(this.session, this.qualified(table));
  }

  async alias(name: string, data: LocalData | string): Promise<void> {
    this.session.names.set(name, typeof data === 'string' ? this.qualified(data) : await this.bring(data));
  }

  /** With one commit where the connector can; elsewhere a reader may find no table for a moment. */
  async replace(table: string, query: Statement): Promise<Written> {
    const { catalog, schema, name } = this.located(table);
    await ensureSchema(this.session, catalog, schema);
    // A later attempt cannot go on with rows that were brought over for this one.
    return replaceTable(this.session, this.context, { catalog, schema, name }, query, this.brought.length === 0);
  }

  async receive(table: string, data: LocalData): Promise<Written> {
    const staged = await this.bring(data);
    try {
      const { catalog, schema, name } = this.located(table);
      await ensureSchema(this.session, catalog, schema);
      return await replaceTable(this.session, this.context, { catalog, schema, name }, { text: `SELECT * FROM ${staged}` }, false);
    } finally {
      await this.dropBrought();
    }
  }

  async localize(what: Statement | string): Promise<LocalData> {
    await this.alone();
    const statement = typeof what === 'string' ? { text: `SELECT * FROM ${this.qualified(what)}` } : what;
    return localizeStatement(this.session, this.session.compose(statement), this.answers);
  }

  prune(days: number): Promise<void> {
    return pruneTables(this.session, days);
  }

  close(): Promise<void> {
    return this.dropBrought();
  }

  /** What a dead worker has left running would go on beside its successor until Trino notices that nobody asks for it. */
  alone(): Promise<void> {
    this.ended ??= this.endEarlier();
    return this.ended;
  }

  private async endEarlier(): Promise<void> {
    if (this.context.attempt === 1) return;
    try {
      await endListed(this.session, this.answers);
    } catch (error) {
      if (!(error instanceof PermissionDeniedError)) throw error;
      this.context.log.warn(`Trino of '${this.connection}' may still run a statement of an earlier attempt: ${error.message}`);
    }
  }

  /** A table's name in SQL, with catalog and schema. */
  qualified(table: string): string {
    const { catalog, schema, name } = this.located(table);
    return [catalog, schema, name].map(quoteIdentifier).join('.');
  }

  private located(table: string): { catalog: string; schema: string; name: string } {
    const { catalog, schema } = this.session.settings;
    const parsed = parseTrinoTable(table);
    return { catalog: parsed.catalog ?? catalog, schema: parsed.schema ?? schema, name: parsed.name };
  }

  /** Makes a table of local rows that lives as long as the engine is open. */
  private async bring(data: LocalData): Promise<string> {
    const { catalog } = this.session.settings;
    await ensureSchema(this.session, catalog, temporarySchema);
    const quoted = this.qualified(`${temporarySchema}.local_${randomUUID().replaceAll('-', '')}`);
    await this.session.rows(`CREATE TABLE ${quoted} ${definition(data.columns)} COMMENT ${quoteLiteral(madeNow())}`);
    this.brought.push(quoted);
    await insertRows(this.session, quoted, data);
    return quoted;
  }

  /** Also after the step was cancelled; what stays all the same is pruned some day. */
  private async dropBrought(): Promise<void> {
    const last = this.session.afterwards(10_000);
    for (const quoted of this.brought.splice(0)) await last.rows(`DROP TABLE IF EXISTS ${quoted}`).catch(() => undefined);
  }
}
