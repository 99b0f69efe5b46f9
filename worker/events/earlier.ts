import { type Kysely, sql } from 'kysely';
import { executionBefore } from '../../sdk/node/status/earlier-retries.js';
import type { HistoryEvent } from '../../sdk/node/status/history-event.js';
import type { Database, ProjectionRow } from '../registry/database.js';

/** What a run did before one of its executions, as far as it counts for the whole run. */
export interface Earlier {
  /** Milliseconds since the epoch; undefined where the run is not recorded. */
  startedAt: number | undefined;
  /** Attempts beyond the first. */
  retries: number;
  /** Rows of its load phases; undefined where there were none. */
  loaded: number | undefined;
}

/**
 * Reads it from the rows of the calls, which are written before an execution goes on in the next: what another projector began, or
 * one that did not count yet, is gone on with.
 *
 * @param first event of the execution. It names the one that it goes on from, up to which is counted: a reset repeats its beginning, and counts that by itself
 */
export async function readEarlier(database: Kysely<Database>, run: Pick<ProjectionRow, 'workflow_id' | 'run_id'>, first?: HistoryEvent): Promise<Earlier> {
  const { rows } = await sql<{ start_date: Date; retries: number; loaded: number | null }>`
    select run.start_date,
      coalesce(sum(greatest(call.attempts - 1, 0)) filter (where execution.ordinal <= before.ordinal), 0)::bigint as retries,
      (sum(call.rows) filter (where execution.ordinal <= before.ordinal and call.phase = 'load' and call.status = 'COMPLETED'))::bigint as loaded
    from pipeline_execution as run
    left join projection_execution as before on before.execution_id = ${executionBefore(first) ?? ''}
    left join step_call as call on call.pipeline_execution_id = run.id
    left join projection_execution as execution on execution.execution_id = call.execution_id
    where run.workflow_id = ${run.workflow_id} and run.run_id = ${run.run_id}
    group by run.id`.execute(database);
  const [found] = rows;
  return { startedAt: found?.start_date.getTime(), retries: found?.retries ?? 0, loaded: found?.loaded ?? undefined };
}
