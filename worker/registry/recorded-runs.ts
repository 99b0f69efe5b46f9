import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';
import { exactly } from './list-place.js';

/** Larger values are for who asks for the one run. Bytes, as PostgreSQL keeps them. */
const smallValue = 16_000;

const small = (column: string) => sql<unknown>`case when pg_column_size(run.${sql.ref(column)}) <= ${sql.lit(smallValue)} then run.${sql.ref(column)} end`;

const allRuns = (database: Kysely<Database>) => database.selectFrom('pipeline_execution as run').selectAll('run');

export type Runs = ReturnType<typeof allRuns>;
export type RecordedRun = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number];

/**
 * Runs as the registry has them, with the names that belong to their numbers, the latest first.
 *
 * @param narrow which, and how many
 */
export function selectRuns(database: Kysely<Database>, narrow: (runs: Runs) => Runs) {
  const latest = (runs: Runs) => runs.orderBy('run.start_date', 'desc').orderBy('run.id', 'desc');
  // Named after the page is cut, so that the page alone decides how it is walked.
  const page = latest(narrow(allRuns(database)));
  return database
    .selectFrom(page.as('run'))
    .innerJoin('pipeline', 'pipeline.id', 'run.pipeline_id')
    .leftJoin('pipeline_execution as parent', 'parent.id', 'run.parent_id')
    .select(['run.id', 'run.workflow_id', 'run.run_id', 'run.tenant', 'run.status', 'run.trigger', 'run.partition_key', 'run.started_by', 'run.undo'])
    .select(['run.start_date', 'run.end_date', 'run.duration_ms', 'run.retries', 'run.total_rows', 'run.reason', 'run.current_execution_id'])
    .select(['pipeline.name as pipeline', 'parent.workflow_id as parent'])
    .select([small('output').as('output'), small('error').as('error'), sql<boolean>`pg_column_size(run.output) > ${sql.lit(smallValue)}`.as('output_left_out')])
    .select(exactly('run.start_date').as('exact_start'))
    .orderBy('run.start_date', 'desc')
    .orderBy('run.id', 'desc');
}
