import { type QueryResult, Trino } from 'trino-client';
import { authorized, type Caller, clientOptions, loginOf, type TrinoSettings } from './client-options.js';
import { translateFailure } from './errors.js';
import type { Page } from './page.js';
import { plug } from './plug.js';
import { type Reach, send } from './transport.js';

export interface StatementOptions {
  readonly settings: TrinoSettings;
  readonly caller: Caller;
  readonly reach: Reach;
  /** Under which it is found in Trino's list. */
  readonly id?: string | undefined;
  /** Told of every answer. */
  readonly seen?: (page: Page) => void;
}

/** Milliseconds in which a statement is told to end. */
const cancelLimit = 10_000;

/** One statement on a client of its own: what SET SESSION or USE leaves on a client reaches no other statement. */
export class RunningStatement {
  private last: Page | undefined;
  private ended = false;
  private pages: AsyncIterator<QueryResult> | undefined;
  private readonly trino: Trino;

  private constructor(private readonly options: StatementOptions) {
    const { settings, caller, id, reach } = options;
    this.trino = plug(
      Trino.create(clientOptions(settings, caller, id)),
      reach,
      () => loginOf(settings),
      (page) => this.look(page),
    );
  }

  /** Sends a statement. Trino begins it when its first page is asked for: one whose answer got lost never runs. */
  static async submit(text: string, options: StatementOptions): Promise<RunningStatement> {
    const statement = new RunningStatement(options);
    statement.pages = await statement.trino.query(text);
    return statement;
  }

  /** The last answer. */
  get page(): Page {
    return this.last ?? { id: '' };
  }

  /** The next page with rows, or the last one, whose error is thrown; undefined after it. */
  async next(): Promise<Page | undefined> {
    if (this.ended || this.pages === undefined) return undefined;
    const { value, done } = (await this.pages.next()) as IteratorResult<Page, Page>;
    this.ended = done === true || value.nextUri === undefined;
    if (value.error !== undefined) throw translateFailure(value.error, value.id, this.options.reach.connection);
    return done === true ? undefined : value;
  }

  /** Ends it on the server, unless it has ended by itself. Leaving it alone would leave it running. */
  async cancel(): Promise<void> {
    if (this.ended || this.last?.nextUri === undefined) return;
    this.ended = true;
    await cancelAt(this.last.nextUri, this.options).catch(() => undefined);
  }

  private look(page: Page): void {
    this.last = page;
    this.options.seen?.(page);
  }
}

/** Ends the statement that has this page. */
export async function cancelAt(url: string, { reach, settings, caller }: StatementOptions): Promise<void> {
  const signal = AbortSignal.timeout(cancelLimit);
  await send({ ...reach, patience: cancelLimit, signal }, { method: 'DELETE', url, headers: authorized(settings, caller) });
}
