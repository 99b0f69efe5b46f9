import type { Kysely } from 'kysely';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { executionBefore } from '../../sdk/node/status/earlier-retries.js';
import type { HistoryEvent } from '../../sdk/node/status/history-event.js';
import { describeRun, readHistory } from '../../sdk/node/status/read-run.js';
import type { RunStatus } from '../../sdk/node/status/run-status.js';
import { statusOf } from '../../sdk/node/status/status-of.js';
import { listExecutions } from '../events/auditor.js';
import { factsOf } from '../events/facts.js';
import type { Database } from '../registry/database.js';
import type { Family } from './family.js';
import { seriesName } from './prometheus-text.js';
import { recordSource } from './record-source.js';

/** Sums by series, such as `temporal_workflow_failed{pipeline="shop",…}` and `temporal_workflow_duration_count{…}`. */
export type Sums = Record<string, number>;

const continuedAsNew = 6;
const failures = ['FAILED', 'TIMED_OUT', 'TERMINATED'];

/** What the metrics of the record have to say, by the way that a reader of the status goes: `statusOf` over each whole history. */
export async function historySums(temporal: Temporal, query: string): Promise<Sums> {
  const sums: Sums = {};
  const loads: Loads = new Map();
  const ends: { executionId: string; run: Record<string, string> }[] = [];
  const add = (name: string, labels: Record<string, string>, value = 1) => {
    const key = series(name, labels);
    sums[key] = (sums[key] ?? 0) + value;
  };
  for (const { workflowId, executionId } of await listExecutions(temporal, query)) {
    const described = await describeRun(temporal, workflowId, executionId);
    const events = await readHistory(temporal, workflowId, executionId);
    const { firstRunId, status: state } = described.workflowExecutionInfo ?? {};
    const { pipeline, tenant, trigger } = factsOf(events[0] as HistoryEvent);
    const status = statusOf({ ...described, pendingActivities: [] }, events);
    const copied = statusOf({ ...described, pendingActivities: [] }, copiedEvents(events, executionId));
    const run = { pipeline, tenant };
    if (firstRunId === executionId) add('temporal_workflow_started', { ...run, trigger });
    addCalls(add, run, status.activities, 1);
    addCalls(add, run, copied.activities, -1);
    for (const { approval, decision } of status.approvals) add('headrace_approval_wait_seconds_count', { ...run, approval, decision });
    loads.set(executionId, { rows: loadedBy(status), before: executionBefore(events[0]) });
    if (status.endedAt === undefined || Number(state) === continuedAsNew || wasReset(events)) continue;
    addEnd(add, run, status, await startOf(temporal, workflowId, firstRunId ?? executionId));
    if (rowsOf(status.output) === undefined) ends.push({ executionId, run });
  }
  for (const { executionId, run } of ends) for (const rows of loadedUpTo(executionId, loads)) add('headrace_run_rows', run, rows);
  return Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== 0));
}

type Add = (name: string, labels: Record<string, string>, value?: number) => void;

function addCalls(add: Add, run: Record<string, string>, calls: RunStatus['activities'], sign: 1 | -1): void {
  for (const { name: step, status, attempt = 1, rows } of calls) {
    const ended = status === 'TIMED_OUT' ? 'FAILED' : status;
    if (['COMPLETED', 'FAILED', 'CANCELLED'].includes(ended)) add('temporal_activity_execution_count', { ...run, step, status: ended }, sign);
    if (status !== 'SKIPPED') add('temporal_activity_retries', { ...run, step }, sign * (attempt - 1));
    if (status === 'COMPLETED' && rows !== undefined) add('headrace_step_rows', { ...run, step }, sign * rows);
  }
}

function addEnd(add: Add, run: Record<string, string>, { status, endedAt, output }: RunStatus, startedAt: number): void {
  const labels = { ...run, status };
  add(failures.includes(status) ? 'temporal_workflow_failed' : 'temporal_workflow_completed', labels);
  add('temporal_workflow_duration_count', labels);
  add('temporal_workflow_duration_sum', labels, (Date.parse(endedAt ?? '') - startedAt) / 1_000);
  const rows = rowsOf(output);
  if (rows !== undefined) add('headrace_run_rows', run, rows);
}

const rowsOf = (output: unknown) => (output as { rows?: number } | null | undefined)?.rows;

/** Rows of the load phase of each execution, and the one that goes on in it. */
type Loads = Map<string, { rows: number[]; before: string | undefined }>;

function loadedBy({ activities }: RunStatus): number[] {
  return activities.filter(({ phase, status }) => phase === 'load' && status === 'COMPLETED').flatMap(({ rows }) => rows ?? []);
}

function loadedUpTo(executionId: string | undefined, loads: Loads): number[] {
  const execution = loads.get(executionId ?? '');
  return execution === undefined ? [] : [...execution.rows, ...loadedUpTo(execution.before, loads)];
}

async function startOf(temporal: Temporal, workflowId: string, firstRunId: string): Promise<number> {
  const [first] = await readHistory(temporal, workflowId, firstRunId);
  return factsOf(first as HistoryEvent).startedAt;
}

/** What a reset copied was counted where it happened. */
function copiedEvents(events: readonly HistoryEvent[], executionId: string): HistoryEvent[] {
  const last = events.findLastIndex((it) => it.workflowTaskFailedEventAttributes?.newRunId === executionId);
  return events.slice(0, last + 1);
}

function wasReset(events: readonly HistoryEvent[]): boolean {
  return events.at(-1)?.workflowExecutionTerminatedEventAttributes?.identity === 'history-resetter';
}

/** What the metrics of the record do say, in the same words. */
export async function recordSums(database: Kysely<Database>): Promise<Sums> {
  return sumsOf(await recordSource(() => database)());
}

/** The sums of what grows, without the spread over buckets. */
export function sumsOf(families: readonly Family[]): Sums {
  const told = families.filter(({ name }) =>
    /^temporal_(workflow_(started|completed|failed|duration)|activity_(execution|retries))$|_rows$|_wait_seconds$/.test(name),
  );
  return Object.fromEntries(
    told.flatMap((family) =>
      family.type === 'histogram'
        ? family.series.flatMap(({ labels, count, sum }) => [
            [series(`${family.name}_count`, labels), count] as const,
            // How long steps and approvals took is told by the status in words alone.
            ...(family.name === 'temporal_workflow_duration' ? [[series(`${family.name}_sum`, labels), sum] as const] : []),
          ])
        : family.series.map(({ labels, value }) => [series(family.name, labels), value] as const),
    ),
  );
}

function series(name: string, labels: Readonly<Record<string, string>>): string {
  return seriesName(name, Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))));
}
