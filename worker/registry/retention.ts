import { type Kysely, sql } from 'kysely';
import * as z from 'zod';
import type { Database } from './database.js';

/** Days that the registry keeps what has ended; undefined keeps it for ever. The audit log is always kept. */
export interface Retention {
  /** Ended runs with their calls, approvals and logs. */
  runs?: number;
  /** Log lines of ended runs. */
  logs?: number;
  /** Events that are published; where no relay ran for a month, all. */
  events?: number;
}

const usual: Retention = { logs: 90, events: 90 };
const batch = 1_000;

const words = "Write a whole number of days, such as '90 days', or 'for ever'.";
const Kept = z
  .string(words)
  .regex(/^(for ever|[1-9]\d{0,4} days?)$/, words)
  .transform((text) => (text === 'for ever' ? null : Number.parseInt(text, 10)));

/** Retention as headrace.json has it, read as a change: what it leaves out stays as it was. */
export const RetentionReference = z.strictObject({ runs: Kept, logs: Kept, events: Kept }).partial();
export type RetentionChange = z.output<typeof RetentionReference>;

/** The lease under which one relay at a time publishes the outbox: its row stays when the relay is gone. */
export const relayLease = 'relay';

/** What is kept how long: what was set, else runs for ever, logs and events for 90 days. */
export async function readRetention(database: Kysely<Database>): Promise<Retention> {
  const rows = await database.selectFrom('retention').selectAll().execute();
  const set = rows.map(({ kind, days }) => [kind, days < 0 ? undefined : days]);
  return { ...usual, ...(Object.fromEntries(set) as Retention) };
}

/** Changes how long things are kept, in days; `null` keeps them for ever. */
export async function setRetention(database: Kysely<Database>, change: RetentionChange): Promise<Retention> {
  for (const [kind, days] of Object.entries(change)) {
    if (days === undefined) continue;
    const row = { kind, days: days ?? -1 };
    await database
      .insertInto('retention')
      .values(row)
      .onConflict((it) => it.column('kind').doUpdateSet(row))
      .execute();
  }
  return readRetention(database);
}

/** Removes what is older than it is kept, in small steps, until the signal. @returns how many rows of each */
export async function prune(database: Kysely<Database>, signal?: AbortSignal): Promise<{ runs: number; logs: number; events: number }> {
  const kept = await readRetention(database);
  const removeAll = async (days: number | undefined, remove: typeof pruneRuns) => {
    let all = 0;
    while (days !== undefined && signal?.aborted !== true) {
      const removed = await remove(database, days);
      all += removed;
      if (removed < batch) break;
    }
    return all;
  };
  return { runs: await removeAll(kept.runs, pruneRuns), logs: await removeAll(kept.logs, pruneLogs), events: await removeAll(kept.events, pruneEvents) };
}

const daysAgo = (days: number) => sql<Date>`now() - make_interval(days => ${days})`;

async function pruneRuns(database: Kysely<Database>, days: number): Promise<number> {
  const old = database.selectFrom('pipeline_execution').select('id').where('end_date', '<', daysAgo(days)).limit(batch);
  return Number((await database.deleteFrom('pipeline_execution').where('id', 'in', old).executeTakeFirst()).numDeletedRows);
}

async function pruneLogs(database: Kysely<Database>, days: number): Promise<number> {
  const old = database
    .selectFrom('run_log')
    .innerJoin('pipeline_execution as run', 'run.id', 'run_log.pipeline_execution_id')
    .select(sql`run_log.ctid`.as('row'))
    .where('run.end_date', '<', daysAgo(days))
    .limit(batch);
  return Number((await database.deleteFrom('run_log').where(sql`ctid`, 'in', old).executeTakeFirst()).numDeletedRows);
}

/** Days after which a relay that nobody runs is one no longer: Kafka was taken out of the settings. */
const relayGone = 30;

/** The relay, where there is one: it renews its lease also while Kafka is away. Without it, nothing waits. */
export function selectRelay(database: Kysely<Database>) {
  return database.selectFrom('lease').select('name').where('name', '=', relayLease).where('until', '>', daysAgo(relayGone));
}

/** What waits for Kafka is kept, however old it is. */
async function pruneEvents(database: Kysely<Database>, days: number): Promise<number> {
  const relayed = selectRelay(database);
  const old = database
    .selectFrom('outbox')
    .select('position')
    .where('created_at', '<', daysAgo(days))
    .where((it) => it.or([it('published_at', 'is not', null), it.not(it.exists(relayed))]))
    .limit(batch);
  return Number((await database.deleteFrom('outbox').where('position', 'in', old).executeTakeFirst()).numDeletedRows);
}
