import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';

/** A run's log lines, in their order. @param after the number of the last line that is known */
export function readLogs(database: Kysely<Database>, run: number, limit: number, after = 0) {
  return database
    .selectFrom('run_log')
    .select(['sequence', 'at', 'message', 'records', 'execution_id'])
    .where('pipeline_execution_id', '=', run)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute();
}

/** How many lines a run has, and how many records they tell of. */
export function sumLogs(database: Kysely<Database>, run: number): Promise<{ lines: number; records: number }> {
  return database
    .selectFrom('run_log')
    .select((it) => it.fn.countAll<number>().as('lines'))
    .select(sql<number>`coalesce(sum(records), 0)::bigint`.as('records'))
    .where('pipeline_execution_id', '=', run)
    .executeTakeFirstOrThrow();
}
