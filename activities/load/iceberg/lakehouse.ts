import { setTimeout as wait } from 'node:timers/promises';
import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import type { Column, Parameter } from '../../engines/engine.js';
import { ensureSchema } from '../../engines/trino/catalogs.js';
import { unlessGone } from '../../engines/trino/query-info.js';
import { cancelAt, RunningStatement } from '../../engines/trino/running-statement.js';
import { parseTrinoTable } from '../../engines/trino/table-name.js';
import type { TrinoEngine } from '../../engines/trino/trino-engine.js';
import { underSignal } from '../../engines/under-signal.js';

/** A query that has come to its end. */
export interface Done {
  readonly query: string;
  readonly link: string | undefined;
  readonly changed: number;
}

/** Milliseconds for what is tidied away after a step. */
const tidyLimit = 30_000;

/** What loads of Iceberg need of Trino. Every method throws the house's errors. */
export class Lakehouse {
  readonly connection: string;

  constructor(readonly engine: TrinoEngine) {
    this.connection = engine.connection;
  }

  /** Rows of a statement of our own. Numbers beyond 2^53 are to be cast to text. */
  rows<Row>(text: string): Promise<Row[]> {
    return this.engine.session.rows<Row>(text);
  }

  /**
   * Runs a statement. `accepted` learns the query's id, and the page at which it can be ended, before Trino begins it, which it does when that page is asked for:
   * when `accepted` throws, nothing is done.
   */
  run(text: string, accepted: (query: string, page?: string) => Promise<void> = async () => {}): Promise<Done> {
    const { connection, session } = this.engine;
    const { signal } = session.context;
    return underSignal({ system: 'trino', connection, signal, interrupt: () => undefined, translate: (error) => error }, async () => {
      const statement = await RunningStatement.submit(text, session.options());
      try {
        await accepted(statement.page.id, statement.page.nextUri);
        while ((await statement.next()) !== undefined);
        const { id, infoUri, updateCount } = statement.page;
        return { query: id, link: infoUri, changed: updateCount ?? 0 };
      } finally {
        await statement.cancel();
      }
    });
  }

  /** Runs a statement when what a dead worker has left running is ended: two that rewrite the same files would be in each other's way. */
  async runAlone(text: string, parameters: readonly Parameter[] = []): Promise<void> {
    await this.engine.query({ text, parameters }, 1);
  }

  /** Ends queries, and waits for the last of their tasks: a query is said to have failed before they end. @param reason as Trino shows it */
  async end(queries: readonly string[], reason: string): Promise<void> {
    for (let pause = 100; queries.length > 0; pause = Math.min(pause * 2, 2_000)) {
      const left = await this.alive(queries);
      if (left.length === 0) return;
      for (const query of left) await this.tidy(`CALL system.runtime.kill_query(query_id => ${quoteLiteral(query)}, message => ${quoteLiteral(reason)})`);
      await wait(pause, undefined, { signal: this.engine.session.context.signal });
    }
  }

  /** Sees to it that a query which was accepted is not begun any more. @param page at which it was to be begun */
  async endAccepted(page: string): Promise<void> {
    await unlessGone(cancelAt(page, this.engine.session.options()));
  }

  /** Which of these queries the server still works on: a query may be said to have failed while one of its tasks has not yet come to its end. */
  async alive(queries: readonly string[]): Promise<string[]> {
    const these = queries.map(quoteLiteral).join(', ');
    const found = await this.rows<{ query: string }>(
      `SELECT query_id AS query FROM system.runtime.queries WHERE query_id IN (${these}) AND state NOT IN ('FINISHED', 'FAILED')
       UNION SELECT query_id FROM system.runtime.tasks WHERE query_id IN (${these}) AND state NOT IN ('FINISHED', 'FAILED', 'ABORTED', 'CANCELED')`,
    );
    return found.map(({ query }) => query);
  }

  /** Runs a statement even after the step was told to stop. It is tried once, and a failure is left alone. */
  async tidy(text: string): Promise<void> {
    await this.engine.session
      .afterwards(tidyLimit)
      .rows(text)
      .catch(() => undefined);
  }

  /** @throws ValidationError unknown_table */
  columns(table: string): Promise<Column[]> {
    return this.engine.columns(table);
  }

  ensureSchema(catalog: string, schema: string): Promise<void> {
    return ensureSchema(this.engine.session, catalog, schema);
  }

  /** A table's name in its parts. */
  locate(table: string): { catalog: string; schema: string; name: string } {
    const { catalog, schema } = this.engine.session.settings;
    const parsed = parseTrinoTable(table);
    return { catalog: parsed.catalog ?? catalog, schema: parsed.schema ?? schema, name: parsed.name };
  }

  /** A table's name as it is passed on. */
  name(catalog: string, schema: string, table: string): string {
    return [catalog, schema, table].map(quoteIdentifier).join('.');
  }
}
