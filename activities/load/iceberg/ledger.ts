import { quoteLiteral } from '../../engines/dialect.js';
import { fingerprint } from '../../engines/temporary-table.js';
import { type Counts, keptDays, type LoadKey } from '../attempt.js';
import type { IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import { type Line, Lines } from './lines.js';

/** A query that publishes a load, as it was written down before the query began. */
export interface Attempt extends Counts {
  readonly query: string;
  /** The snapshot on which it builds. */
  readonly base: string;
  readonly mode: string;
  readonly declaration: string;
  /** The partition that it overwrites, as a condition on `target`. */
  readonly partition: string | null;
  /** The columns that tell which old row belongs to which new one; empty where rows were deleted or only added. */
  readonly identity: readonly string[];
}

/** An attempt of which it is not written what became of it. */
export interface OpenAttempt {
  readonly key: string;
  readonly query: string;
}

/** A load that is published. */
export interface PublishedLoad extends Attempt {
  readonly key: string;
  /** The snapshot that it made; null where there was nothing to change. */
  readonly snapshot: string | null;
  readonly committedAt: string;
}

/** A published load and what became of it. */
export interface PastLoad extends PublishedLoad {
  readonly undone: boolean;
  /** It was undone when a later load had already replaced all its rows: what it replaced is then what the later one's undo brings back. */
  readonly leftOut: boolean;
}

type Event = 'ATTEMPT' | 'WITHDRAWN' | 'PUBLISHED' | 'UNDOING' | 'UNDO_ATTEMPT' | 'UNDONE';

/** What is written of a load. */
export interface Story {
  readonly attempts: Attempt[];
  readonly published: PublishedLoad | undefined;
  /** Whether an undo has begun: then nothing of the load may be published any more. */
  readonly undoing: boolean;
  /** The queries that took it back. */
  readonly undoQueries: string[];
  readonly undone: boolean;
  readonly leftOut: boolean;
}

/**
 * The record of a table's loads: a small Iceberg table to which lines are only added, so that writers never conflict. What may happen at once is decided
 * by the order of lines and looks: whoever wants to publish writes his query down and then looks for an undo; an undo writes itself down and then looks for queries.
 */
export class Ledger {
  private readonly table: Lines<Event>;

  constructor(
    private readonly lakehouse: Lakehouse,
    target: IcebergTable,
  ) {
    this.table = new Lines(lakehouse, target.catalog, `loads_${fingerprint(target.quoted)}`);
  }

  record(key: LoadKey, event: Event, details: object = {}): Promise<void> {
    return this.table.add(key.text, event, details);
  }

  /** What is written of a load. */
  async storyOf(key: LoadKey): Promise<Story> {
    return tell(await this.lines(`key = ${quoteLiteral(key.text)}`));
  }

  /** Queries of other loads with keys that are written down, and of which nothing more is. */
  async openMerges(key: LoadKey): Promise<OpenAttempt[]> {
    const since = `key <> ${quoteLiteral(key.text)} AND recorded_at > current_timestamp - INTERVAL '1' DAY`;
    const lines = `SELECT key, event, json_extract_scalar(details, '$.query') AS query, json_extract_scalar(details, '$.mode') AS mode FROM ${this.table.name} WHERE ${since}`;
    const queries = (which: string) => `coalesce(array_agg(query) FILTER (WHERE ${which}), ARRAY[])`;
    const open = await this.lakehouse.rows<{ key: string; queries: string[] }>(
      `SELECT key, array_except(${queries("event = 'ATTEMPT' AND mode IN ('merge', 'scd2')")}, ${queries("event = 'WITHDRAWN'")}) AS queries
       FROM (${lines}) GROUP BY key HAVING count_if(event IN ('PUBLISHED', 'UNDONE')) = 0`,
    );
    return open.flatMap((it) => it.queries.map((query) => ({ key: it.key, query })));
  }

  /** What was published to the table, in the order of time. */
  async published(): Promise<PastLoad[]> {
    const entries = await this.lines("event IN ('PUBLISHED', 'UNDONE')");
    return [...new Set(entries.map(({ key }) => key))]
      .map((key) => tell(entries.filter((entry) => entry.key === key)))
      .flatMap(({ published, undone, leftOut }) => (published === undefined ? [] : [{ ...published, undone, leftOut }]))
      .sort((one, other) => (one.committedAt < other.committedAt ? -1 : 1));
  }

  /** Forgets loads of long ago, and keeps the ledger's files few. What fails is left for the next time. */
  tidy(): Promise<void> {
    return this.table.tidy(keptDays);
  }

  private lines(condition: string): Promise<Line<Event>[]> {
    return this.table.where(condition);
  }
}

function tell(entries: readonly Line<Event>[]): Story {
  const of = <Details>(event: Event) =>
    entries.filter((entry) => entry.event === event).map(({ key, details }) => ({ ...JSON.parse(details), key }) as Details);
  return {
    attempts: of<Attempt>('ATTEMPT'),
    published: of<PublishedLoad>('PUBLISHED')[0],
    undoing: of('UNDOING').length > 0,
    undoQueries: of<{ query: string }>('UNDO_ATTEMPT').map(({ query }) => query),
    undone: of('UNDONE').length > 0,
    leftOut: of<{ leftOut: boolean }>('UNDONE').some(({ leftOut }) => leftOut),
  };
}
