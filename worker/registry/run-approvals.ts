import type { Kysely } from 'kysely';
import type { Database } from './database.js';
import { exactly, follows, type ListPlace } from './list-place.js';
import type { RecordedFilter } from './run-list.js';
import { safeText } from './safe-json.js';

/** All that a run asked people, in its order. */
export function readApprovals(database: Kysely<Database>, run: number) {
  return database.selectFrom('approval').selectAll().where('pipeline_execution_id', '=', run).orderBy('since').orderBy('id').execute();
}

/** What these runs wait for. */
export async function readWaits(database: Kysely<Database>, runs: readonly number[]) {
  if (runs.length === 0) return [];
  const open = database.selectFrom('approval').selectAll().where('decision', 'is', null);
  return open.where('pipeline_execution_id', 'in', runs).orderBy('since').orderBy('id').execute();
}

/**
 * What all runs of a tenant wait for, the nearest deadline first.
 *
 * @param after gives those that follow this place
 */
export function listWaits(
  database: Kysely<Database>,
  { tenant, pipeline, pipelines }: Pick<RecordedFilter, 'tenant' | 'pipeline' | 'pipelines'>,
  limit: number,
  after?: ListPlace,
) {
  return database
    .selectFrom('approval')
    .innerJoin('pipeline_execution as run', 'run.id', 'approval.pipeline_execution_id')
    .innerJoin('pipeline', 'pipeline.id', 'run.pipeline_id')
    .selectAll('approval')
    .select(['run.workflow_id', 'run.run_id', 'pipeline.name as pipeline'])
    .select(exactly('approval.deadline').as('exact_deadline'))
    .where('approval.decision', 'is', null)
    .where('run.tenant', '=', tenant)
    .$if(pipeline !== undefined, (it) => it.where('pipeline.name', '=', safeText(pipeline as string)))
    .$if(pipelines !== undefined, (it) => it.where('pipeline.name', 'in', pipelines?.length ? pipelines : ['']))
    .$if(after !== undefined, (it) => it.where(follows('approval.deadline', 'approval.id', 'after', after as ListPlace)))
    .orderBy('approval.deadline')
    .orderBy('approval.id')
    .limit(limit)
    .execute();
}
