import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';
import { type RecordedRun, selectRuns } from './recorded-runs.js';
import { safeText } from './safe-json.js';

/**
 * The run of a workflow id: the latest one, or the one of this run id.
 *
 * @param tenant whose; anybody's unless said
 */
export async function findRecorded(
  database: Kysely<Database>,
  tenant: string | undefined,
  workflowId: string,
  runId?: string,
): Promise<RecordedRun | undefined> {
  return selectRuns(database, (runs) =>
    runs
      .where('run.workflow_id', '=', safeText(workflowId))
      .$if(tenant !== undefined, (it) => it.where('run.tenant', '=', tenant as string))
      .$if(runId !== undefined, (it) => it.where('run.run_id', '=', safeText(runId as string)))
      .limit(1),
  ).executeTakeFirst();
}

/** What is read of one run alone: it may be large. */
export async function readValues(database: Kysely<Database>, id: number) {
  return database
    .selectFrom('pipeline_execution')
    .select(['input', 'output', 'error', 'inserts', 'updates', 'soft_deletes', 'watermark', 'next_watermark'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/** How far the run's record is, and the executions that Temporal keeps it in, the first one first. */
export async function readProjection(database: Kysely<Database>, { workflow_id, run_id }: Pick<RecordedRun, 'workflow_id' | 'run_id'>) {
  const place = (table: 'projection' | 'projection_execution') =>
    database
      .selectFrom(table)
      .where('workflow_id', '=', workflow_id ?? '')
      .where('run_id', '=', run_id ?? '');
  const [projection, executions] = await Promise.all([
    place('projection').select(['behind', 'ended', 'projected_at', 'problem']).executeTakeFirst(),
    place('projection_execution').select(['execution_id', 'ordinal']).orderBy('ordinal').execute(),
  ]);
  return { projection, executions };
}

/** Sums over all calls of a run. */
export async function readSums(database: Kysely<Database>, id: number) {
  const count = (condition: string) => sql<number>`count(*) filter (where ${sql.raw(condition)})`;
  return database
    .selectFrom('step_call')
    .select((it) => it.fn.countAll<number>().as('calls'))
    .select([sql<number | null>`sum(rows)::bigint`.as('rows'), sql<number | null>`sum(bytes)::bigint`.as('bytes')])
    .select([count("status = 'COMPLETED'").as('completed'), count("status in ('FAILED', 'TIMED_OUT')").as('failed'), count("status = 'SKIPPED'").as('skipped')])
    .select(sql<number>`coalesce(sum(greatest(attempts - 1, 0)), 0)::bigint`.as('retries'))
    .select(sql<number>`coalesce(sum(duration_ms), 0)::bigint`.as('duration_ms'))
    .where('pipeline_execution_id', '=', id)
    .executeTakeFirstOrThrow();
}

/** A run above or below another. */
export type RelatedRun = RecordedRun & { depth: number };

/** The runs above a run, the nearest first. */
export async function readAncestors(database: Kysely<Database>, id: number): Promise<RelatedRun[]> {
  const above = await database
    .selectFrom('pipeline_execution_closure')
    .select(['parent_execution_id as id', 'depth'])
    .where('child_execution_id', '=', id)
    .where('depth', '>', 0)
    .orderBy('depth')
    .execute();
  return named(database, above);
}

/**
 * The runs that a run started, and those that they started, in the order in which they were recorded.
 *
 * @param depth how far down: 1 for children alone
 * @param after gives those recorded after this one
 */
export async function readDescendants(database: Kysely<Database>, id: number, depth: number, limit: number, after = 0): Promise<RelatedRun[]> {
  const below = await database
    .selectFrom('pipeline_execution_closure')
    .select(['child_execution_id as id', 'depth'])
    .where('parent_execution_id', '=', id)
    .where('child_execution_id', '>', after)
    .where('depth', '>', 0)
    .where('depth', '<=', depth)
    .orderBy('child_execution_id')
    .limit(limit)
    .execute();
  return named(database, below);
}

async function named(database: Kysely<Database>, links: readonly { id: number; depth: number }[]): Promise<RelatedRun[]> {
  if (links.length === 0) return [];
  const ids = links.map((link) => link.id);
  const runs = new Map((await selectRuns(database, (it) => it.where('run.id', 'in', ids)).execute()).map((run) => [run.id, run]));
  return links.flatMap(({ id, depth }) => {
    const run = runs.get(id);
    return run === undefined ? [] : [{ ...run, depth }];
  });
}
