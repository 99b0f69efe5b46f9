import { type Kysely, sql } from 'kysely';
import type { RunStateName } from '../../sdk/node/status/run-status.js';
import type { Database } from './database.js';
import { follows, type ListPlace } from './list-place.js';
import { type RecordedRun, type Runs, selectRuns } from './recorded-runs.js';
import { safeText } from './safe-json.js';

/** Which runs. Times are ISO 8601. */
export interface RecordedFilter {
  tenant: string;
  /** Of these alone: those that whoever asks may see. */
  pipelines?: readonly string[];
  pipeline?: string;
  status?: RunStateName;
  partition?: string;
  trigger?: string;
  /** The workflow id of the run that started them. */
  parent?: string;
  /** This moment or later. */
  startedAfter?: string;
  /** Before this moment. */
  startedBefore?: string;
}

/**
 * The runs that fit, the latest first, in one walk along an index (migration 2), however many there are.
 *
 * @param after gives those that follow this place
 */
export async function listRecorded(database: Kysely<Database>, filter: RecordedFilter, limit: number, after?: ListPlace): Promise<RecordedRun[]> {
  return (await listQuery(database, filter, limit, after))?.execute() ?? [];
}

/** The query of a list; undefined where its pipeline or parent is not there. */
export async function listQuery(database: Kysely<Database>, filter: RecordedFilter, limit: number, after?: ListPlace) {
  const pipelines = await pipelineIds(database, filter);
  const parents = filter.parent === undefined ? undefined : await parentIds(database, filter.tenant, filter.parent);
  if (pipelines?.length === 0 || parents?.length === 0) return undefined;
  return selectRuns(database, (runs) =>
    following(fitting(runs, filter), after)
      .$if(pipelines !== undefined, (it) => it.where('run.pipeline_id', 'in', pipelines as number[]))
      .$if(parents !== undefined, (it) => it.where('run.parent_id', 'in', parents as number[]))
      .limit(limit),
  );
}

function fitting(runs: Runs, { tenant, status, partition, trigger, startedAfter, startedBefore }: RecordedFilter): Runs {
  return runs
    .where('run.tenant', '=', tenant)
    .where('run.workflow_id', 'is not', null)
    .$if(status !== undefined, (it) => it.where('run.status', '=', status as string))
    .$if(partition !== undefined, (it) => it.where('run.partition_key', '=', safeText(partition as string)))
    .$if(trigger !== undefined, (it) => it.where('run.trigger', '=', safeText(trigger as string)))
    .$if(startedAfter !== undefined, (it) => it.where('run.start_date', '>=', sql<Date>`${startedAfter}::timestamptz`))
    .$if(startedBefore !== undefined, (it) => it.where('run.start_date', '<', sql<Date>`${startedBefore}::timestamptz`));
}

function following(runs: Runs, after: ListPlace | undefined): Runs {
  return after === undefined ? runs : runs.where(follows('run.start_date', 'run.id', 'before', after));
}

async function pipelineIds(database: Kysely<Database>, { pipeline, pipelines }: RecordedFilter): Promise<number[] | undefined> {
  if (pipeline === undefined && pipelines === undefined) return undefined;
  const names = pipeline === undefined ? (pipelines ?? []) : [pipeline].filter((it) => pipelines?.includes(it) !== false);
  if (names.length === 0) return [];
  return (await database.selectFrom('pipeline').select('id').where('name', 'in', names.map(safeText)).execute()).map(({ id }) => id);
}

async function parentIds(database: Kysely<Database>, tenant: string, workflowId: string): Promise<number[]> {
  const runs = await database
    .selectFrom('pipeline_execution')
    .select('id')
    .where('workflow_id', '=', safeText(workflowId))
    .where('tenant', '=', tenant)
    .execute();
  return runs.map(({ id }) => id);
}
