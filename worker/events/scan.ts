import { type Kysely, sql } from 'kysely';
import { firstRun } from '../../sdk/authoring/run-memo.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { type Described, decodeReadable, iso } from '../../sdk/node/status/history-event.js';
import type { Database } from '../registry/database.js';
import { describeExecution } from './next-execution.js';

type Info = NonNullable<Described['workflowExecutionInfo']>;

const pageSize = 500;
/** Milliseconds by which Temporal's visibility may lag behind. */
const visibilityLag = 60_000;
const scanName = 'visibility';

/** A run's identity. */
export interface RunId {
  workflowId: string;
  runId: string;
}

/**
 * Finds what began or ended since the last scan, and notes each run that is behind, durably, before the watermark moves: what
 * nobody nudged for, because it was terminated, timed out, or happened while everything else was down.
 *
 * @param taskQueues whose runs are recorded; all of the namespace's where it is empty
 */
export async function scanVisibility(temporal: Temporal, database: Kysely<Database>, taskQueues: readonly string[]): Promise<void> {
  const began = Date.now();
  const query = await scanQuery(database, taskQueues);
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = { namespace: temporal.namespace, query, pageSize, nextPageToken };
    const answer = await temporal.read(({ workflowService }) => workflowService.listWorkflowExecutions(request));
    await noteBehind(temporal, database, answer.executions);
    nextPageToken = answer.nextPageToken?.length > 0 ? answer.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  const watermark = new Date(began - visibilityLag);
  await database
    .insertInto('projection_scan')
    .values({ name: scanName, watermark })
    .onConflict((it) => it.column('name').doUpdateSet({ watermark }))
    .execute();
}

async function scanQuery(database: Kysely<Database>, taskQueues: readonly string[]): Promise<string> {
  const last = await database.selectFrom('projection_scan').select('watermark').where('name', '=', scanName).executeTakeFirst();
  const queues = taskQueues.map((queue) => `'${queue.replaceAll("'", "''")}'`).join(', ');
  const parts = queues === '' ? [] : [`TaskQueue IN (${queues})`];
  if (last !== undefined) {
    const since = iso(last.watermark.getTime());
    parts.push(`(StartTime >= '${since}' OR CloseTime >= '${since}')`);
  }
  return parts.join(' AND ');
}

async function noteBehind(temporal: Temporal, database: Kysely<Database>, executions: readonly Info[]): Promise<void> {
  const ids = executions.flatMap(({ execution }) => (execution?.runId ? [execution.runId] : []));
  if (ids.length === 0) return;
  const known = await database
    .selectFrom('projection_execution as execution')
    .innerJoin('projection as run', (join) => join.onRef('run.workflow_id', '=', 'execution.workflow_id').onRef('run.run_id', '=', 'execution.run_id'))
    .select(['execution.execution_id', 'run.run_id', 'run.execution_id as current', 'run.ended'])
    .where('execution.execution_id', 'in', ids)
    .execute();
  const byId = new Map(known.map((it) => [it.execution_id, it]));
  for (const info of executions) {
    const recorded = byId.get(info.execution?.runId ?? '');
    const upToDate = recorded !== undefined && (recorded.ended || recorded.current !== recorded.execution_id || info.closeTime == null);
    if (!upToDate) await note(temporal, database, info, recorded?.run_id);
  }
}

async function note(temporal: Temporal, database: Kysely<Database>, info: Info, known: string | undefined): Promise<void> {
  const workflowId = info.execution?.workflowId ?? '';
  const runId = known ?? (await firstRunOf(temporal, info));
  if (runId !== undefined) await noteRun(database, { workflowId, runId });
}

/** Notes durably that a run's record is behind its history. */
export async function noteRun(database: Kysely<Database>, { workflowId: workflow_id, runId: run_id }: RunId): Promise<void> {
  await database
    .insertInto('projection')
    .values({ workflow_id, run_id, execution_id: run_id })
    .onConflict((it) => it.columns(['workflow_id', 'run_id']).doUpdateSet({ behind: true, noted: sql<number>`projection.noted + 1` }))
    .execute();
}

/** Lists do not always say it: a reset's execution is asked for its first. */
async function firstRunOf(temporal: Temporal, { execution, firstRunId, memo }: Info): Promise<string | undefined> {
  const continued = decodeReadable(memo?.fields?.[firstRun]);
  if (typeof continued === 'string') return continued;
  if (firstRunId) return firstRunId;
  return (await describeExecution(temporal, execution?.workflowId ?? '', execution?.runId ?? ''))?.firstRunId;
}

const sweepAtOnce = 200;

/** Runs that are known to be behind, whose projector died, or that were not looked at for some seconds: the longest waiting first. */
export async function findDue(database: Kysely<Database>, patience: number): Promise<RunId[]> {
  const rows = await database
    .selectFrom('projection')
    .select(['workflow_id', 'run_id'])
    // As the index has it.
    .where(sql<boolean>`(not ended or behind)`)
    .where((it) => it.or([it('owned_until', 'is', null), it('owned_until', '<', sql<Date>`now()`)]))
    .where((it) => it.or([it('behind', '=', true), it('projected_at', '<', sql<Date>`now() - make_interval(secs => ${sql.lit(patience)})`)]))
    .orderBy('projected_at')
    .limit(sweepAtOnce)
    .execute();
  return rows.map(({ workflow_id, run_id }) => ({ workflowId: workflow_id, runId: run_id }));
}
