import { type Kysely, sql } from 'kysely';
import type { Database } from '../registry/database.js';
import { Ticker } from './ticker.js';

/** A line of a run's log. */
export interface FedLine {
  sequence: number;
  at: Date;
  message: string;
  records: number | null;
}

type Row = Omit<FedLine, 'sequence'> & { follower: number; ended: boolean; sequence: number | null };

interface Follower {
  run: number;
  after: number;
  lines?: FedLine[];
  ended?: boolean;
}

const pageSize = 200;

/** New log lines of the runs that are followed, read with one query a tick for all of them. */
export class LogFeed {
  private readonly ticker: Ticker;
  private readonly followers = new Set<Follower>();

  constructor(
    private readonly open: () => Promise<Kysely<Database>>,
    every = 200,
  ) {
    this.ticker = new Ticker(() => this.read(), every);
  }

  get closed(): boolean {
    return this.ticker.closed;
  }

  /** A run's lines after that of a number, and whether they are its last. Nothing, when none comes within the time or before the signal. */
  async next(run: number, after: number, milliseconds: number, signal: AbortSignal): Promise<{ lines: FedLine[]; ended: boolean }> {
    const follower: Follower = { run, after };
    this.followers.add(follower);
    for (const end = Date.now() + milliseconds; ; ) {
      await this.ticker.next(Math.max(1, end - Date.now()), signal);
      const { lines = [], ended = false } = follower;
      if (lines.length === 0 && !ended && Date.now() < end && !signal.aborted && !this.closed) continue;
      this.followers.delete(follower);
      return { lines, ended: ended && lines.length < pageSize };
    }
  }

  close(): void {
    this.ticker.close();
  }

  private async read(): Promise<void> {
    const followers = [...this.followers];
    if (followers.length === 0) return;
    const database = await this.open();
    const wanted = sql.join(followers.map(({ run, after }, index) => sql`(${sql.lit(index)}, ${sql.lit(run)}::bigint, ${sql.lit(after)}::bigint)`));
    // Flat rows: what is encrypted in a column is read in plain.
    const { rows } = await sql<Row>`
      select wanted.follower, run.end_date is not null as ended, line.sequence, line.at, line.message, line.records
      from (values ${wanted}) as wanted (follower, run, after)
      left join pipeline_execution run on run.id = wanted.run
      left join lateral (
        select * from run_log where pipeline_execution_id = wanted.run and sequence > wanted.after order by sequence limit ${sql.lit(pageSize)}
      ) line on true
      order by wanted.follower, line.sequence`.execute(database);
    for (const follower of followers) follower.lines = [];
    for (const { follower: index, ended, sequence, ...line } of rows) {
      const follower = followers[index] as Follower;
      follower.ended = ended;
      if (sequence !== null) follower.lines?.push({ ...line, sequence });
    }
  }
}
