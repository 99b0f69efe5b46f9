import { quoteIdentifier } from '../../engines/dialect.js';
import type { Column } from '../../engines/engine.js';
import { ensureSchema } from '../../engines/trino/catalogs.js';
import { RunningStatement } from '../../engines/trino/running-statement.js';
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

  /** Runs a statement. `accepted` learns the query's id before Trino begins it, which it does when the first page is asked for: when it throws, nothing is done. */
  run(text: string, accepted: (query: string) => Promise<void> = async () => {}): Promise<Done> {
    const { connection, session } = this.engine;
    const { signal } = session.context;
    return underSignal({ system: 'trino', connection, signal, interrupt: () => undefined, translate: (error) => error }, async () => {
      const statement = await RunningStatement.submit(text, session.options());
      try {
        await accepted(statement.page.id);
        while ((await statement.next()) !== undefined);
        const { id, infoUri, updateCount } = statement.page;
        return { query: id, link: infoUri, changed: updateCount ?? 0 };
      } finally {
        await statement.cancel();
      }
    });
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
