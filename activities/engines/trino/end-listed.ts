import { setTimeout as wait } from 'node:timers/promises';
import { sourceOf } from './client-options.js';
import { endQuery } from './query-info.js';
import type { TrinoSession } from './session.js';

/** Ends what runs under an id, and waits until Trino's list has it as ended. @throws PermissionDeniedError where the user may not see the list or end it */
export async function endListed(session: TrinoSession, id: string): Promise<void> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    const left = await session.rows<{ query: string }>(
      "SELECT query_id AS query FROM system.runtime.queries WHERE source = $1 AND state NOT IN ('FINISHED', 'FAILED')",
      [sourceOf(session.settings, id)],
    );
    if (left.length === 0) return;
    for (const { query } of left) await endQuery(query, session.options());
    await wait(pause, undefined, { signal: session.context.signal });
  }
}
