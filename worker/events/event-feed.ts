import type { Kysely } from 'kysely';
import type { Database } from '../registry/database.js';
import { fitsFilter, lastPosition, type OutboxEvent, type OutboxFilter, readOutbox } from './outbox.js';
import { Ticker } from './ticker.js';

/** What a stream gets at once. */
export interface FeedPage {
  events: OutboxEvent[];
  /** Everything up to here has been seen. */
  position: number;
}

const atOnce = 500;
const pageSize = 200;
/** Milliseconds after which what is remembered is too old to go on from. */
const rested = 5_000;

/**
 * The newest events, read from the outbox once a tick for all streams of this process. Streams come and fetch: one that is slow
 * holds nothing but its position, and reads what it has missed from the registry.
 */
export class EventFeed {
  private readonly ticker: Ticker;
  private recent: OutboxEvent[] = [];
  /** All events after this and up to `to` are remembered. */
  private from = Number.POSITIVE_INFINITY;
  private to = Number.POSITIVE_INFINITY;
  private readAt = 0;

  /**
   * @param open gives the registry's database
   * @param every milliseconds between two looks
   * @param remembered events that are kept for who is a little behind
   */
  constructor(
    private readonly open: () => Promise<Kysely<Database>>,
    every = 200,
    private readonly remembered = 2_000,
  ) {
    this.ticker = new Ticker(() => this.read(), every);
  }

  /** Whether streams are to end. */
  get closed(): boolean {
    return this.ticker.closed;
  }

  /** What follows a position and fits. Nothing, when that does not come within the time or before the signal. */
  async next(after: number, filter: OutboxFilter, milliseconds: number, signal: AbortSignal): Promise<FeedPage> {
    for (const end = Date.now() + milliseconds; ; ) {
      const page = after >= this.from ? this.remember(after, filter) : await this.readPage(after, filter);
      const left = end - Date.now();
      if (page.events.length > 0 || left <= 0 || signal.aborted || this.closed) return page;
      after = page.position;
      await this.ticker.next(left, signal);
    }
  }

  close(): void {
    this.ticker.close();
  }

  private remember(after: number, filter: OutboxFilter): FeedPage {
    const events = this.recent.filter((it) => it.position > after && fitsFilter(it, filter)).slice(0, pageSize);
    return { events, position: positionOf(events, Math.max(after, this.to)) };
  }

  private async readPage(after: number, filter: OutboxFilter): Promise<FeedPage> {
    const database = await this.open();
    const known = Number.isFinite(this.to) ? this.to : await lastPosition(database);
    const events = await readOutbox(database, after, pageSize, filter);
    return { events, position: positionOf(events, Math.max(after, known)) };
  }

  private async read(): Promise<void> {
    const database = await this.open();
    if (Date.now() - this.readAt > rested) {
      const last = await lastPosition(database);
      // At once: while that is waited for, or fails, who comes reads by itself or from what is remembered.
      this.recent = [];
      this.from = this.to = last;
    }
    for (let page = atOnce; page === atOnce; ) {
      const events = await readOutbox(database, this.to, atOnce);
      page = events.length;
      this.recent.push(...events);
      this.to = events.at(-1)?.position ?? this.to;
    }
    this.readAt = Date.now();
    this.forget();
  }

  private forget(): void {
    const gone = this.recent.length - this.remembered;
    if (gone <= 0) return;
    this.from = this.recent[gone - 1]?.position ?? this.from;
    this.recent = this.recent.slice(gone);
  }
}

/** A full page may not be all: the rest follows its last event. */
function positionOf(events: readonly OutboxEvent[], seen: number): number {
  const last = events.at(-1)?.position;
  return last !== undefined && (events.length === pageSize || last > seen) ? last : seen;
}
