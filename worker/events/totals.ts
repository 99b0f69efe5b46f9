import { type Kysely, sql } from 'kysely';
import type { WaitRecord } from '../../sdk/authoring/run-memo.js';
import type { Call } from '../../sdk/node/status/call.js';
import type { ApprovalOutcome } from '../../sdk/node/status/run-status.js';
import type { Database } from '../registry/database.js';
import type { ExecutionFold, News } from './execution-fold.js';
import type { Happening } from './happening.js';

/** A number that only grows: what one part of a run's record adds to a metric. Times are milliseconds. */
export interface Total {
  metric: string;
  labels: Record<string, string>;
  /** Empty for a counter; of a histogram the bucket's upper bound in seconds, or `sum`; `latest` for a moment. */
  part: string;
  value: number;
}

/** Upper bounds of the buckets in seconds, from a quick step to a run's usual time-out. */
export const bounds = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400] as const;
export const beyond = '+Inf';

const failures = new Set(['FAILED', 'TIMED_OUT', 'TERMINATED']);

/**
 * What the newly recorded part of a run adds to the metrics of the record. Written in the transaction that records the part, each
 * event of a history is counted once, whoever was killed meanwhile.
 */
export function totalsOf(fold: ExecutionFold, news: News): Total[] {
  const { facts } = fold;
  if (facts === undefined) return [];
  const { pipeline, tenant, partition } = facts;
  const run = { pipeline, tenant };
  const all = [
    ...news.happenings.flatMap((it) => [...began(it, run), ...ended(it, run, partition), ...stepEnded(it, run)]),
    ...fold.changedCalls().flatMap(({ call, before }) => [...cancelled(call, before?.status, run), ...retried(call, before?.attempts ?? 1, run)]),
    ...fold.changedApprovals().flatMap((it) => decided(it, run)),
  ];
  return summed(all);
}

/** Adds them. The caller holds the outbox's lock, so that no two transactions wait for each other's rows. */
export async function addTotals(transaction: Kysely<Database>, totals: readonly Total[]): Promise<void> {
  if (totals.length === 0) return;
  const grown = sql<number>`case when excluded.part = 'latest' then greatest(metric_total.value, excluded.value) else metric_total.value + excluded.value end`;
  await transaction
    .insertInto('metric_total')
    .values(totals.map(({ labels, ...total }) => ({ ...total, labels: JSON.stringify(labels) })))
    .onConflict((it) => it.columns(['metric', 'labels', 'part']).doUpdateSet({ value: grown }))
    .execute();
}

type Run = Record<'pipeline' | 'tenant', string>;

const count = (metric: string, labels: Record<string, string>, value = 1): Total => ({ metric, labels, part: '', value });

function observe(metric: string, labels: Record<string, string>, milliseconds: number): Total[] {
  const bound = bounds.find((it) => milliseconds <= it * 1_000);
  return [
    { metric, labels, part: bound === undefined ? beyond : String(bound), value: 1 },
    { metric, labels, part: 'sum', value: milliseconds },
  ];
}

function began({ kind, data }: Happening, run: Run): Total[] {
  return kind === 'PIPELINE_STARTED' ? [count('temporal_workflow_started', { ...run, trigger: String(data.trigger) })] : [];
}

function ended({ data, at }: Happening, run: Run, partition: string | undefined): Total[] {
  const { status, durationMs, rows } = data as { status?: string; durationMs?: number; rows?: number };
  if (status === undefined || durationMs === undefined) return [];
  const labels = { ...run, status };
  const fresh = status === 'SUCCEEDED' && partition === undefined;
  return [
    count(failures.has(status) ? 'temporal_workflow_failed' : 'temporal_workflow_completed', labels),
    ...observe('temporal_workflow_duration', labels, durationMs),
    ...(rows === undefined ? [] : [count('headrace_run_rows', run, rows)]),
    // A partition of a backfill makes nothing fresh.
    ...(fresh ? [{ metric: 'headrace_last_success', labels: { ...run }, part: 'latest', value: at }] : []),
  ];
}

function stepEnded({ kind, data }: Happening, run: Run): Total[] {
  if (kind !== 'PIPELINE_STEP_COMPLETED' && kind !== 'PIPELINE_STEP_FAILED') return [];
  const { step, durationMs, rows, bytes } = data as { step: string; durationMs: number; rows?: number; bytes?: number };
  const labels = { ...run, step };
  return [
    ...observe('temporal_activity_execution', { ...labels, status: kind === 'PIPELINE_STEP_COMPLETED' ? 'COMPLETED' : 'FAILED' }, durationMs),
    ...(rows === undefined ? [] : [count('headrace_step_rows', labels, rows)]),
    ...(bytes === undefined ? [] : [count('headrace_step_bytes', labels, bytes)]),
  ];
}

/** A cancelled call is no event. */
function cancelled({ name: step, status, calledAt, endedAt }: Call, before: string | undefined, run: Run): Total[] {
  if (status !== 'CANCELLED' || before === 'CANCELLED' || endedAt === undefined) return [];
  return observe('temporal_activity_execution', { ...run, step, status }, Math.max(0, endedAt - calledAt));
}

function retried({ name: step, earlier, attempt }: Call, before: number, run: Run): Total[] {
  const more = earlier + attempt - before;
  return more > 0 ? [count('temporal_activity_retries', { ...run, step }, more)] : [];
}

function decided({ wait, outcome }: { wait: WaitRecord; outcome: ApprovalOutcome | undefined }, run: Run): Total[] {
  if (outcome === undefined) return [];
  const waited = Math.max(0, Date.parse(outcome.at) - Date.parse(wait.since));
  return observe('headrace_approval_wait_seconds', { ...run, approval: wait.approval, decision: outcome.decision }, waited);
}

/** One statement may not change a row twice. */
function summed(totals: readonly Total[]): Total[] {
  const rows = new Map<string, Total>();
  for (const total of totals) {
    const key = JSON.stringify([total.metric, total.labels, total.part]);
    const before = rows.get(key)?.value;
    const value = before === undefined ? total.value : total.part === 'latest' ? Math.max(before, total.value) : before + total.value;
    rows.set(key, { ...total, value });
  }
  return [...rows.values()];
}
