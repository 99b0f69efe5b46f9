import type { Kysely } from 'kysely';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { EarlierRetries } from '../../sdk/node/status/earlier-retries.js';
import { describeRun, readHistory } from '../../sdk/node/status/read-run.js';
import type { RunStatus, StatusError } from '../../sdk/node/status/run-status.js';
import { statusOf } from '../../sdk/node/status/status-of.js';
import type { Database } from '../registry/database.js';
import { expectedContents, toldContents } from './audit-contents.js';
import { digestOf } from './happening.js';
import type { PipelineEvent } from './kinds.js';

/** What two records say differently of one run. */
export interface Difference {
  workflowId: string;
  what: string;
  history: unknown;
  registry: unknown;
}

/**
 * Compares what the registry says with Temporal's histories, by another way than the projector's: each execution's status as
 * the API gives it, read anew, against rows and events.
 *
 * @param query of Temporal's visibility: the runs that are compared, such as `TaskQueue = 'pipeline-workers'`
 */
export async function audit(temporal: Temporal, database: Kysely<Database>, query: string): Promise<Difference[]> {
  const executions = await listExecutions(temporal, query);
  const differences: Difference[] = [];
  for (const { workflowId, executionId } of executions) {
    const { status, firstRunId, latest } = await readStatus(temporal, workflowId, executionId);
    const compare = comparing(workflowId, differences);
    await compareCalls(database, status, executionId, compare);
    if (latest) await compareRun(database, status, firstRunId, compare);
    if (latest) await compareEvents(database, status, firstRunId, compare);
  }
  return differences;
}

type Compare = (what: string, history: unknown, registry: unknown) => void;

function comparing(workflowId: string, differences: Difference[]): Compare {
  return (what, history, registry) => {
    if (JSON.stringify(history) !== JSON.stringify(registry)) differences.push({ workflowId, what, history, registry });
  };
}

/** The executions that a query of Temporal's visibility finds. */
export async function listExecutions(temporal: Temporal, query: string) {
  const found: { workflowId: string; executionId: string }[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = { namespace: temporal.namespace, query, pageSize: 1_000, nextPageToken };
    const answer = await temporal.ask(({ workflowService }) => workflowService.listWorkflowExecutions(request));
    found.push(...answer.executions.map(({ execution }) => ({ workflowId: execution?.workflowId ?? '', executionId: execution?.runId ?? '' })));
    nextPageToken = answer.nextPageToken?.length > 0 ? answer.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return found;
}

async function readStatus(temporal: Temporal, workflowId: string, executionId: string) {
  const described = await describeRun(temporal, workflowId, executionId);
  const newest = await describeRun(temporal, workflowId);
  const events = await readHistory(temporal, workflowId, executionId);
  const firstRunId = described.workflowExecutionInfo?.firstRunId || executionId;
  const latest = newest.workflowExecutionInfo?.execution?.runId === executionId;
  const copiedTo = events.findLast((it) => it.workflowTaskFailedEventAttributes?.newRunId === executionId)?.eventId;
  const earlierRetries = await new EarlierRetries(temporal).of(workflowId, events, Number.POSITIVE_INFINITY);
  return { status: withoutCopied(statusOf({ ...described, pendingActivities: [] }, events, { earlierRetries }), copiedTo), firstRunId, latest };
}

/** A reset copies what another execution did: that is told of the other. */
function withoutCopied(status: RunStatus, copiedTo: unknown): RunStatus & { copied: boolean } {
  return { ...status, copied: copiedTo != null };
}

async function compareRun(database: Kysely<Database>, status: RunStatus, runId: string, compare: Compare): Promise<void> {
  const run = await database
    .selectFrom('pipeline_execution')
    .selectAll()
    .where('workflow_id', '=', status.workflowId)
    .where('run_id', '=', runId)
    .executeTakeFirst();
  compare('is recorded', true, run !== undefined);
  if (run === undefined) return;
  compare('status', status.status, run.status);
  compare('end', status.endedAt, run.end_date?.toISOString());
  compare('output', sorted(status.output ?? null), sorted(run.output));
  compare('error', sorted(status.error ?? null), sorted(run.error));
  compare('reason', status.reason ?? null, run.reason);
  compare('undo', status.undo, run.undo);
  compare('retries', status.retries, run.retries);
  compare('success', status.endedAt === undefined ? null : status.status === 'SUCCEEDED', run.completed_successfully);
}

async function compareCalls(database: Kysely<Database>, status: RunStatus & { copied: boolean }, executionId: string, compare: Compare): Promise<void> {
  if (status.copied) return;
  const calls = await database
    .selectFrom('step_call')
    .selectAll()
    .where('execution_id', '=', executionId)
    .orderBy('history_event')
    .orderBy('call_id')
    .execute();
  const registry = calls.map(({ step, status: state, attempts, rows, undo, started_at, error }) =>
    [step, state, attempts || null, rows, undo, started_at.toISOString(), (error as StatusError | null)?.type].join(),
  );
  const history = status.activities.map(({ name, status: state, attempt, rows, undo, startedAt, error }) =>
    [name, state, attempt ?? null, rows ?? null, undo === true, startedAt, error?.type].join(),
  );
  compare(`calls of ${executionId}`, history.sort(), registry.sort());
  const approvals = await database.selectFrom('approval').selectAll().where('execution_id', '=', executionId).orderBy('wait_id').execute();
  const asked = [...status.approvals.map(({ id, decision, by }) => [id, decision, by ?? null]), ...status.pendingSignals.map(({ id }) => [id, null, null])];
  compare(
    `approvals of ${executionId}`,
    asked.map(String).sort(),
    approvals.map(({ wait_id, decision, decided_by }) => String([wait_id, decision, decided_by])).sort(),
  );
  compare(
    `digests of ${executionId}`,
    status.pendingSignals.map((it) => digestOf({ ...it, approval: it.name })),
    approvals.filter(({ decision }) => decision === null).map(({ evidence_digest }) => evidence_digest),
  );
  const logs = await database.selectFrom('run_log').select(['message', 'records']).where('execution_id', '=', executionId).orderBy('sequence').execute();
  compare(
    `logs of ${executionId}`,
    status.logs.map(({ message, records }) => [message, records ?? null]),
    logs.map(({ message, records }) => [message, records]),
  );
}

async function compareEvents(database: Kysely<Database>, status: RunStatus, runId: string, compare: Compare): Promise<void> {
  const rows = await database
    .selectFrom('outbox')
    .selectAll()
    .where('workflow_id', '=', status.workflowId)
    .where('run_id', '=', runId)
    .where('sequence', 'is not', null)
    .orderBy('sequence')
    .execute();
  compare(
    'sequence',
    rows.map((_, index) => index + 1),
    rows.map(({ sequence }) => sequence),
  );
  const positions = rows.map(({ position }) => position);
  compare(
    'order of positions',
    [...positions].sort((one, other) => one - other),
    positions,
  );
  compare('first event', 'PIPELINE_STARTED', rows[0]?.kind);
  if (status.endedAt !== undefined) compare('last event', `PIPELINE_${status.status}`, rows.at(-1)?.kind);
  const last = (rows.at(-1)?.payload as PipelineEvent | undefined)?.data.executionId;
  const ofLast = rows.filter(({ payload }) => (payload as PipelineEvent).data.executionId === last).map(({ kind }) => kind);
  const count = (kind: string) => ofLast.filter((it) => it === kind).length;
  if ((status as { copied?: boolean }).copied === true) return;
  const events = rows.map(({ payload }) => payload as PipelineEvent).filter(({ data }) => data.executionId === last);
  const asText = (contents: readonly object[]) => contents.map((it) => JSON.stringify(sorted(it))).sort();
  compare('contents of events', asText(expectedContents(status)), asText(toldContents(events)));
  const calls = (...states: string[]) => status.activities.filter(({ status: state }) => states.includes(state)).length;
  compare('completed steps', calls('COMPLETED'), count('PIPELINE_STEP_COMPLETED'));
  compare('skipped steps', calls('SKIPPED'), count('PIPELINE_STEP_SKIPPED'));
  compare('failed steps', calls('FAILED', 'TIMED_OUT'), count('PIPELINE_STEP_FAILED'));
  compare('asked', status.approvals.length + status.pendingSignals.length, count('PIPELINE_WAITING_FOR_APPROVAL'));
  compare('approved', status.approvals.filter(({ decision }) => decision === 'approve').length, count('PIPELINE_APPROVED'));
  compare('declined', status.approvals.filter(({ decision }) => decision === 'decline' || decision === 'expired').length, count('PIPELINE_DECLINED'));
}

/** jsonb keeps no order of keys. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, it]) => [key, sorted(it)]),
  );
}
