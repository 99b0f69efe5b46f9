import { setTimeout as wait } from 'node:timers/promises';
import { sourceOf } from './client-options.js';
import { endQuery } from './query-info.js';
import type { TrinoSession } from './session.js';

const left = `SELECT query_id AS query FROM system.runtime.queries WHERE source = $1 AND (state NOT IN ('FINISHED', 'FAILED')
  OR query_id IN (SELECT query_id FROM system.runtime.tasks WHERE state NOT IN ('FINISHED', 'FAILED', 'ABORTED', 'CANCELED')))`;

/**
 * Ends what runs under an id, and waits for the last of its tasks: a statement is said to have failed while a commit that it has begun may still come through.
 *
 * @throws PermissionDeniedError where the user may not see the list or end it
 */
export async function endListed(session: TrinoSession, id: string): Promise<void> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    const queries = await session.rows<{ query: string }>(left, [sourceOf(session.settings, id)]);
    if (queries.length === 0) return;
    for (const { query } of queries) await endQuery(query, session.options());
    await wait(pause, undefined, { signal: session.context.signal });
  }
}
