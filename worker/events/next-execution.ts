import type { Kysely } from 'kysely';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { milliseconds } from '../../sdk/node/status/history-event.js';
import { describeRun } from '../../sdk/node/status/read-run.js';
import type { Database, ProjectionRow } from '../registry/database.js';

/** Notes that an execution is of a run, so that it is not found again. */
export async function noteExecution(
  database: Kysely<Database>,
  execution: Pick<ProjectionRow, 'execution_id' | 'workflow_id' | 'run_id' | 'ordinal'>,
): Promise<void> {
  const { execution_id, workflow_id, run_id, ordinal } = execution;
  await database
    .insertInto('projection_execution')
    .values({ execution_id, workflow_id, run_id, ordinal })
    .onConflict((it) => it.column('execution_id').doNothing())
    .execute();
}

/** The executions of a run, oldest first, that are not in the registry: what resets made. Undefined where there is none. */
export async function findNextExecution(temporal: Temporal, database: Kysely<Database>, workflowId: string, runId: string): Promise<string | undefined> {
  const known = await database
    .selectFrom('projection_execution')
    .select('execution_id')
    .where('workflow_id', '=', workflowId)
    .where('run_id', '=', runId)
    .execute();
  const seen = new Set(known.map(({ execution_id }) => execution_id));
  const candidates = await listExecutions(temporal, workflowId);
  const unseen = candidates.filter((id) => !seen.has(id));
  const described = await Promise.all(unseen.map((id) => describeExecution(temporal, workflowId, id)));
  const ours = described.filter((it) => it?.firstRunId === runId).sort((one, other) => (one?.began ?? 0) - (other?.began ?? 0));
  return ours[0]?.executionId;
}

/** Visibility lags: the latest execution is asked for by itself. */
async function listExecutions(temporal: Temporal, workflowId: string): Promise<string[]> {
  const request = { namespace: temporal.namespace, query: `WorkflowId = '${workflowId.replaceAll("'", "''")}'`, pageSize: 1_000 };
  const [listed, latest] = await Promise.all([
    temporal.ask(({ workflowService }) => workflowService.listWorkflowExecutions(request)),
    describeRun(temporal, workflowId),
  ]);
  const ids = [...listed.executions.map(({ execution }) => execution?.runId), latest.workflowExecutionInfo?.execution?.runId];
  return [...new Set(ids.filter((id): id is string => typeof id === 'string'))];
}

/** What belongs to which run, by an execution's own word. */
export async function describeExecution(temporal: Temporal, workflowId: string, execution?: string) {
  const described = await describeRun(temporal, workflowId, execution).catch(() => undefined);
  const info = described?.workflowExecutionInfo;
  const executionId = info?.execution?.runId;
  if (!executionId) return undefined;
  return { executionId, firstRunId: info?.firstRunId || executionId, began: milliseconds(info?.executionTime ?? info?.startTime) };
}
