import type { Cost } from '../../../sdk/index.js';
import { sumCosts } from '../../outside/sum-costs.js';
import { distinctNames } from '../distinct-names.js';
import type { Column, Parameter, Row, Rows, Statement } from '../engine.js';
import { underSignal } from '../under-signal.js';
import type { Caller, TrinoSettings } from './client-options.js';
import { bind, numberParameters, withNames } from './compose.js';
import { costOf, doneOn, type Page, progressOf } from './page.js';
import { RunningStatement, type StatementOptions } from './running-statement.js';
import type { Reach } from './transport.js';
import { toJson } from './values.js';

/** What a step lends to the statements that it runs. */
export interface SessionContext extends Caller {
  readonly signal: AbortSignal;
  heartbeat(details: unknown): void;
}

/** The statements of one step, one after another: ended by the step's signal, in the house's errors. */
export class TrinoSession {
  /** What statements call tables, beside the tables' own names. */
  readonly names = new Map<string, string>();
  /** What each statement has taken, by Trino's id of it. */
  private readonly spent = new Map<string, Cost>();

  constructor(
    readonly connection: string,
    readonly settings: TrinoSettings,
    readonly context: SessionContext,
    /** Milliseconds for which a Trino that does not answer is asked again: after its restart it knows no statement of before. */
    private readonly patience = 30_000,
  ) {}

  /** The same for what is tidied away after the step, also one that was told to stop. @param limit milliseconds for all of it */
  afterwards(limit: number): TrinoSession {
    return new TrinoSession(this.connection, this.settings, {
      ...this.context,
      timeLimit: limit,
      signal: AbortSignal.timeout(limit),
      heartbeat: () => undefined,
    });
  }

  /** What all statements so far have taken. */
  get cost(): Cost | undefined {
    return sumCosts(this.spent.values());
  }

  /** Takes down what a statement has taken by this page of it. */
  account({ id, stats }: Page): void {
    if (stats !== undefined) this.spent.set(id, costOf(stats));
  }

  /** Runs one statement and gives at most `limit` rows; what is left of it is ended. @param id under which Trino lists it */
  async query(statement: Statement, limit: number, id?: string): Promise<Rows> {
    const columns: Column[] = [];
    const rows: unknown[][] = [];
    const take = (page: Page) => {
      if (columns.length === 0) columns.push(...(page.columns ?? []));
      rows.push(...(page.data ?? []));
      return rows.length <= limit;
    };
    const last = await this.stream(this.compose(statement), take, id);
    const engine = doneOn(last);
    if (last.updateType !== undefined) return { columns: [], rows: [], more: false, changed: last.updateCount ?? 0, engine };
    return { columns, rows: toRows(columns, rows.slice(0, limit)), more: rows.length > limit, changed: undefined, engine };
  }

  /** All rows of a statement of our own, which are few. */
  async rows<R = Row>(text: string, parameters?: readonly Parameter[]): Promise<R[]> {
    const { text: numbered, values } = numberParameters({ text, parameters });
    return this.all<R>(bind({ text: numbered, values }));
  }

  /** All rows of a statement that is composed already. */
  async all<R = Row>(text: string): Promise<R[]> {
    const columns: Column[] = [];
    const rows: unknown[][] = [];
    await this.stream(text, (page) => {
      if (columns.length === 0) columns.push(...(page.columns ?? []));
      rows.push(...(page.data ?? []));
      return true;
    });
    return toRows(columns, rows) as R[];
  }

  /** A statement with its values and with the other names of tables, as Trino is sent it. @param wrap what stands around it, such as CREATE TABLE … AS */
  compose(statement: Statement, wrap = (text: string) => text): string {
    const { text, values } = numberParameters(statement);
    return bind({ text: wrap(withNames(text, this.names)), values });
  }

  /**
   * Runs a statement and hands over its pages, the next one being fetched meanwhile, until it is told that these are enough.
   *
   * @param id under which Trino lists it
   * @returns the last page
   * @throws ValidationError, PermissionDeniedError, SchemaConflictError, or what is tried again
   */
  stream(text: string, take: (page: Page) => boolean | Promise<boolean>, id?: string): Promise<Page> {
    const { connection, context } = this;
    const guard = { system: 'trino', connection, signal: context.signal, interrupt: () => undefined, translate: (error: unknown) => error };
    return underSignal(guard, async () => {
      const statement = await RunningStatement.submit(text, this.options(id));
      try {
        await handOver(statement, take);
        return statement.page;
      } finally {
        await statement.cancel();
      }
    });
  }

  /** What a statement needs to be sent. @param changes of where it is asked from and how long */
  options(id?: string, changes: Partial<Reach> = {}): StatementOptions {
    const { connection, settings, context } = this;
    const reach = { connection, server: settings.url, ca: settings.ca, patience: this.patience, signal: context.signal, ...changes };
    let told = '';
    const seen = (page: Page) => {
      if (page.stats === undefined) return;
      this.account(page);
      const details = { engine: doneOn(page), progress: progressOf(page.stats) };
      const text = JSON.stringify(details);
      if (text !== told) context.heartbeat(details);
      told = text;
    };
    return { settings, caller: context, reach, id, seen };
  }
}

async function handOver(statement: RunningStatement, take: (page: Page) => boolean | Promise<boolean>): Promise<void> {
  let coming = statement.next();
  for (;;) {
    const page = await coming;
    if (page === undefined) return;
    coming = statement.next();
    // Whoever is busy with a page hears of the next one's failure when it comes to it.
    coming.catch(() => undefined);
    if (!(await take(page))) return;
  }
}

function toRows(columns: readonly Column[], rows: readonly unknown[][]): Row[] {
  const names = distinctNames(columns.map(({ name }) => name));
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, toJson(row[index] ?? null, columns[index]?.type ?? '')])));
}
