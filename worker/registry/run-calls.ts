import type { Kysely } from 'kysely';
import type { Database } from './database.js';
import { exactly, follows, type ListPlace } from './list-place.js';

export type RecordedCall = Awaited<ReturnType<typeof readCalls>>[number];

/** A run's calls and the steps that it left out, in the order in which they were called. */
export function readCalls(database: Kysely<Database>, run: number, limit: number, after?: ListPlace) {
  return database
    .selectFrom('step_call')
    .selectAll()
    .select(exactly('started_at').as('exact_start'))
    .where('pipeline_execution_id', '=', run)
    .$if(after !== undefined, (it) => it.where(follows('started_at', 'id', 'after', after as ListPlace)))
    .orderBy('started_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}
