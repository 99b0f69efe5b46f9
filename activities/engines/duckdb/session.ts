import type { DuckDBConnection, DuckDBInstance, Json } from '@duckdb/node-api';
import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier } from '../dialect.js';
import type { Column, Row, Rows, Statement } from '../engine.js';
import { inTransaction, underSignal } from '../under-signal.js';
import { translateDuckDbError } from './errors.js';
import { bindParameters, toJson } from './values.js';

/** One DuckDB connection of one step: runs statements one after another, is interrupted by the step's signal, speaks the house's errors. */
export class DuckDbSession {
  private constructor(
    private readonly connection: DuckDBConnection,
    private readonly name: string,
    private readonly signal: AbortSignal,
  ) {}

  static async open(instance: DuckDBInstance, name: string, signal: AbortSignal): Promise<DuckDbSession> {
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new DuckDbSession(connection, name, signal);
  }

  /** Runs one statement and gives at most `limit` rows. */
  async query(statement: Statement, limit: number): Promise<Rows> {
    return this.guard(async () => {
      await this.refuseSeveral(statement.text);
      const { values, types } = bindParameters(statement.parameters);
      const reader = await this.connection.streamAndReadUntil(statement.text, limit + 1, values, types);
      const names = reader.deduplicatedColumnNames();
      const ids = names.map((_, index) => reader.columnTypeId(index));
      const rows = reader
        .getRowsJson()
        .slice(0, limit)
        .map((row) =>
          toRow(
            names,
            row.map((value, index) => toJson(value, ids[index] as number)),
          ),
        );
      const columns = names.map((column, index) => ({ name: column, type: String(reader.columnType(index)) }));
      return { columns, rows, more: reader.currentRowCount > limit, changed: changedRows(columns, reader.rowsChanged, rows) };
    });
  }

  /** Runs a statement of our own and gives all its rows, which are few. */
  async rows<R = Row>(text: string, parameters?: Statement['parameters']): Promise<R[]> {
    const { values, types } = bindParameters(parameters);
    return this.guard(async () => {
      const reader = await this.connection.runAndReadAll(text, values, types);
      const names = reader.deduplicatedColumnNames();
      return reader.getRowsJson().map(
        (row) =>
          toRow(
            names,
            row.map((value, index) => toJson(value, reader.columnTypeId(index))),
          ) as R,
      );
    });
  }

  /** Does some work in one transaction. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    const rollBack = () => this.connection.run('ROLLBACK').catch(() => undefined);
    return inTransaction((statement) => this.rows(statement), rollBack, work);
  }

  /** The columns that a SELECT would give. */
  async describe(query: Statement): Promise<Column[]> {
    const rows = await this.rows<{ column_name: string; column_type: string }>(`DESCRIBE ${query.text}`, query.parameters);
    return rows.map((row) => ({ name: row.column_name, type: row.column_type }));
  }

  /** Forgets a catalogue, also when the step has been cancelled. */
  async forget(catalogue: string): Promise<void> {
    await this.connection.run('USE memory');
    await this.connection.run(`DETACH ${quoteIdentifier(catalogue)}`);
  }

  close(): void {
    this.connection.closeSync();
  }

  private async refuseSeveral(text: string): Promise<void> {
    const { count } = await this.connection.extractStatements(text);
    if (count !== 1)
      throw new ValidationError(`A step runs one statement; here are ${count}.`, { code: 'bad_sql', where: this.name, fix: 'Make a step of each.' });
  }

  private guard<Result>(work: () => Promise<Result>): Promise<Result> {
    const { signal, connection, name } = this;
    const translate = (error: unknown) => translateDuckDbError(error, name);
    return underSignal({ system: 'duckdb', connection: name, signal, interrupt: () => connection.interrupt(), translate }, work);
  }
}

function toRow(names: string[], values: Json[]): Row {
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

function changedRows(columns: Column[], changed: number, rows: Row[]): number | undefined {
  if (columns.length !== 1 || columns[0]?.name !== 'Count') return undefined;
  return changed > 0 ? changed : Number(rows[0]?.Count ?? 0);
}
