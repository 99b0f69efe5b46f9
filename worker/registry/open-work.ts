import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';

interface Whose {
  pipeline: string;
  tenant: string;
}

/** How many runs have not ended, by pipeline, tenant and status. */
export async function openRuns(database: Kysely<Database>): Promise<(Whose & { status: string; runs: number })[]> {
  return (
    database
      .selectFrom('pipeline_execution as run')
      .innerJoin('pipeline', 'pipeline.id', 'run.pipeline_id')
      .select((it) => ['pipeline.name as pipeline', 'run.tenant', 'run.status', it.fn.countAll<number>().as('runs')])
      // The index is by status; a run's end gives it another one.
      .where('run.status', 'in', ['RUNNING', 'WAITING_FOR_APPROVAL'])
      .groupBy(['pipeline.name', 'run.tenant', 'run.status'])
      .orderBy('pipeline.name')
      .execute()
  );
}

/** How many approvals are waited for, and the longest wait in seconds, by pipeline and tenant. */
export async function openApprovals(database: Kysely<Database>): Promise<(Whose & { approvals: number; seconds: number })[]> {
  return database
    .selectFrom('approval')
    .innerJoin('pipeline_execution as run', 'run.id', 'approval.pipeline_execution_id')
    .innerJoin('pipeline', 'pipeline.id', 'run.pipeline_id')
    .select((it) => [
      'pipeline.name as pipeline',
      'run.tenant',
      it.fn.countAll<number>().as('approvals'),
      sql<number>`greatest(0, extract(epoch from now() - min(approval.since)))::float8`.as('seconds'),
    ])
    .where('approval.decision', 'is', null)
    .groupBy(['pipeline.name', 'run.tenant'])
    .orderBy('pipeline.name')
    .execute();
}
