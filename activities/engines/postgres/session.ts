import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { PermissionDeniedError, ValidationError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { distinctNames } from '../distinct-names.js';
import type { Row, Rows, Statement } from '../engine.js';
import { inTransaction, underSignal } from '../under-signal.js';
import { translatePostgresError } from './errors.js';
import { type Ask, missingRight } from './missing-right.js';
import { numberParameters } from './named-parameters.js';
import { clientSettings, type PostgresSettings, takeClient } from './pools.js';
import { bindValue, toJson } from './values.js';

const asText = { getTypeParser: () => (text: unknown) => text } as unknown as pg.CustomTypesConfig;

/** What a step gives its session: when to stop, and how long it may take. */
export type Caller = Pick<StepContext, 'signal' | 'timeLimit'>;

const longestTimeout = 2 ** 31 - 1;
/** The server ends a statement when nobody is left to stop it: at the step's time limit, and soon after its worker was killed. PostgreSQL 14 looks for the second, on Linux. */
const limits = `SELECT set_config('statement_timeout', $1, false), CASE WHEN version() LIKE '%linux%' AND current_setting('client_connection_check_interval', true) IS NOT NULL
  THEN set_config('client_connection_check_interval', '10s', false) END`;

/** One connection to PostgreSQL for the length of a step: cancelled by the step's signal, speaks the house's errors. */
export class PostgresSession {
  private broken = false;

  private constructor(
    readonly client: pg.PoolClient,
    private readonly name: string,
    private readonly settings: PostgresSettings,
    private readonly signal: AbortSignal,
  ) {
    // Without a listener, a server that goes away while the step thinks would end the worker.
    client.on('error', this.markBroken);
  }

  static async open(name: string, settings: PostgresSettings, { signal, timeLimit }: Caller): Promise<PostgresSession> {
    signal.throwIfAborted();
    const session = new PostgresSession(await takeClient(name, settings), name, settings, signal);
    try {
      await session.rows(limits, [String(Math.min(settings.statementTimeout || longestTimeout, timeLimit || longestTimeout, longestTimeout))]);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Runs a statement and gives all that it gives. */
  async run(statement: Statement): Promise<Omit<Rows, 'more'>> {
    const { text, values } = numberParameters(statement);
    const result = await this.guard(text, () =>
      this.client.query({ text, values: values.map(bindValue), rowMode: 'array', types: asText, queryMode: 'extended' } as pg.QueryArrayConfig),
    );
    const names = distinctNames(result.fields.map((field) => field.name));
    const rows = result.rows.map((row) => toRow(names, row as (string | null)[], result.fields));
    const columns = names.map((column, index) => ({ name: column, type: String(result.fields[index]?.dataTypeID) }));
    return { columns, rows, changed: ['SELECT', 'FETCH', 'SHOW', 'EXPLAIN'].includes(result.command) ? undefined : (result.rowCount ?? 0) };
  }

  /** Rows of a statement of our own. */
  async rows<R = Row>(text: string, parameters?: Statement['parameters']): Promise<R[]> {
    return (await this.run({ text, parameters })).rows as R[];
  }

  /** Does some work in one transaction. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    const rollBack = () => this.client.query('ROLLBACK').catch(this.markBroken);
    return inTransaction((statement) => this.rows(statement), rollBack, work);
  }

  /** Runs a statement on the client under the step's signal. @throws the house's errors */
  async guard<Result>(statement: string, work: () => Promise<Result>): Promise<Result> {
    const { signal, name } = this;
    const ended = new AbortController();
    const translate = (error: unknown) => translatePostgresError(error, name);
    try {
      return await underSignal({ system: 'postgresql', connection: name, signal, interrupt: () => void this.cancel(ended.signal), translate }, work);
    } catch (error) {
      throw error instanceof PermissionDeniedError ? await this.withRight(error, statement) : error;
    } finally {
      ended.abort();
    }
  }

  /** Gives the connection back as it was, or drops it. */
  async close(): Promise<void> {
    // Two statements: together they would be one transaction, in which DISCARD is refused.
    for (const statement of this.broken ? [] : ['ROLLBACK', 'DISCARD ALL']) await this.client.query(statement).catch(this.markBroken);
    this.client.removeListener('error', this.markBroken);
    this.client.release(this.broken);
  }

  private readonly markBroken = (): void => {
    this.broken = true;
  };

  /** Drops a table of this step's own, also after the step was told to stop: this connection then takes no more statements. Best effort. */
  drop(table: string): Promise<void> {
    return this.apart(async (other) => {
      await other.query("SET lock_timeout = '10s'");
      await other.query(`DROP TABLE IF EXISTS ${table}`);
    });
  }

  /** The server forgets a cancellation that reaches it while it still reads the statement: it is told again until the statement has ended. */
  private async cancel(ended: AbortSignal): Promise<void> {
    this.broken = true;
    while (!ended.aborted) {
      await this.apart(
        async (other) => void (await other.query('SELECT pg_cancel_backend($1)', [(this.client as unknown as { processID: number }).processID])),
      );
      await wait(1_000, undefined, { signal: ended }).catch(() => undefined);
    }
  }

  /** Names the right that is missing. */
  private async withRight(error: PermissionDeniedError, statement: string): Promise<PermissionDeniedError> {
    const { message, where, cause } = error;
    let fix = error.fix;
    await this.apart(async (other) => {
      const ask: Ask = async (text, parameters) => (await other.query(text, parameters)).rows as Awaited<ReturnType<Ask>>;
      fix = (await missingRight((cause as Error).message, statement, ask)) ?? fix;
    });
    return new PermissionDeniedError(message, { where, fix, cause });
  }

  /** Does something on a connection of its own. */
  private async apart(work: (other: pg.Client) => Promise<void>): Promise<void> {
    const other = new pg.Client(clientSettings(this.settings));
    other.on('error', () => {});
    try {
      await other.connect();
      await work(other);
    } catch {
      // The server cannot be reached: then it will see for itself that nobody listens.
    } finally {
      await other.end().catch(() => {});
    }
  }
}

function toRow(names: string[], values: (string | null)[], fields: pg.FieldDef[]): Row {
  return Object.fromEntries(names.map((name, index) => [name, toJson(values[index] ?? null, fields[index]?.dataTypeID ?? 0)]));
}

/** The refusal of a statement that gives more than it may. */
export function tooManyRows(limit: number, where: string): ValidationError {
  return new ValidationError(`The statement gives more than ${limit} rows.`, { code: 'too_many_rows', where });
}
