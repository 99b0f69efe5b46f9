import type { Kysely } from 'kysely';
import { beyond, bounds, isRelayed, outboxLag, projectionLag } from '../events/index.js';
import type { Database } from '../registry/database.js';
import { inTime } from '../registry/in-time.js';
import { openApprovals, openRuns } from '../registry/open-work.js';
import { type Distribution, type Family, gauge, type Sample, type Source } from './family.js';

interface Kind {
  type: 'counter' | 'histogram';
  help: string;
}

/** What the record counts, in the transaction that records it: exact whatever was killed meanwhile (worker/events/totals.ts). Durations are seconds. */
export const counted: Readonly<Record<string, Kind>> = {
  temporal_workflow_started: { type: 'counter', help: 'Runs that began.' },
  temporal_workflow_completed: { type: 'counter', help: 'Runs that ended without failing: SUCCEEDED, CANCELLED, ROLLED_BACK.' },
  temporal_workflow_failed: { type: 'counter', help: 'Runs that ended FAILED, TIMED_OUT or TERMINATED.' },
  temporal_workflow_duration: { type: 'histogram', help: 'Seconds from the begin of a run to its end.' },
  temporal_activity_execution: { type: 'histogram', help: 'Seconds from the call of a step to its end, with all attempts and the waits between them.' },
  temporal_activity_retries: { type: 'counter', help: 'Attempts of steps beyond the first of each call.' },
  headrace_run_rows: { type: 'counter', help: 'Rows of ended runs, as their output says, else as their loads do.' },
  headrace_step_rows: { type: 'counter', help: 'Rows that the outputs of completed steps tell.' },
  headrace_step_bytes: { type: 'counter', help: 'Bytes that the outputs of completed steps tell.' },
  headrace_approval_wait_seconds: { type: 'histogram', help: 'Seconds from the question of an approval to its outcome.' },
};

/** Milliseconds: the other metrics are to be had while the registry stands still. */
const patience = 5_000;

/**
 * The metrics of the record of runs. While the registry is away, one gauge says so and the others are left out.
 *
 * @param whose what a tenant may read has its runs, and not how the record is kept
 */
export function recordSource(database: () => Kysely<Database> | undefined, whose: 'all' | 'tenant' = 'all'): Source {
  const up = (value: 0 | 1) => gauge('headrace_registry_up', 'Whether the registry answers; while it does not, the metrics of the record are missing.', value);
  return async () => {
    const open = database();
    if (open === undefined) return [up(0)];
    try {
      return [up(1), ...(await inTime(readAll(open, whose), patience))];
    } catch {
      return [up(0)];
    }
  };
}

async function readAll(open: Kysely<Database>, whose: 'all' | 'tenant'): Promise<Family[]> {
  return [...(await readTotals(open)), ...(await readOpenWork(open)), ...(whose === 'all' ? await readLags(open) : [])];
}

interface Row {
  metric: string;
  labels: Record<string, string>;
  part: string;
  value: number;
}

async function readTotals(database: Kysely<Database>): Promise<Family[]> {
  const rows = await database.selectFrom('metric_total').selectAll().orderBy('metric').orderBy('labels').execute();
  const of = (metric: string) => rows.filter((row) => row.metric === metric);
  const families = Object.entries(counted).map(([name, { type, help }]): Family => {
    const series = of(name);
    return type === 'counter' ? { name, help, type, series: series.map(sample) } : { name, help, type, series: distributions(series) };
  });
  return [...families, freshness(of('headrace_last_success'))];
}

function sample({ labels, value }: Row): Sample {
  return { labels, value };
}

function distributions(rows: readonly Row[]): Distribution[] {
  const series = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(row.labels);
    series.set(key, [...(series.get(key) ?? []), row]);
  }
  return [...series.values()].map(distribution);
}

function distribution(rows: readonly Row[]): Distribution {
  const parts = new Map(rows.map(({ part, value }) => [part, value]));
  let count = 0;
  const buckets = bounds.map((bound) => {
    count += parts.get(String(bound)) ?? 0;
    return { bound, count };
  });
  return { labels: rows[0]?.labels ?? {}, buckets, count: count + (parts.get(beyond) ?? 0), sum: (parts.get('sum') ?? 0) / 1_000 };
}

function freshness(rows: readonly Row[]): Family {
  const series = rows.map(({ labels, value }) => ({ labels, value: Math.max(0, Date.now() - value) / 1_000 }));
  return {
    name: 'headrace_freshness_lag_seconds',
    help: 'Seconds since a run of the pipeline last succeeded, partitions of backfills left out.',
    type: 'gauge',
    series,
  };
}

async function readOpenWork(database: Kysely<Database>): Promise<Family[]> {
  const [runs, approvals] = await Promise.all([openRuns(database), openApprovals(database)]);
  const open = approvals.map(({ pipeline, tenant, ...it }) => ({ labels: { pipeline, tenant }, ...it }));
  return [
    gauges(
      'headrace_runs_open',
      'Runs that have not ended.',
      runs.map(({ runs: value, ...labels }) => ({ labels, value })),
    ),
    gauges(
      'headrace_approvals_open',
      'Approvals that are waited for.',
      open.map(({ labels, approvals: value }) => ({ labels, value })),
    ),
    gauges(
      'headrace_approval_oldest_seconds',
      'Seconds that the oldest open approval has been waited for.',
      open.map(({ labels, seconds: value }) => ({ labels, value })),
    ),
  ];
}

async function readLags(database: Kysely<Database>): Promise<Family[]> {
  const [outbox, projection] = await Promise.all([readOutboxLag(database), projectionLag(database)]);
  return [
    ...outbox,
    gauge('headrace_projection_runs', 'Runs whose record is known to be behind their history, or was not compared with it for a minute.', projection.runs),
    gauge('headrace_projection_lag_seconds', 'Seconds since the longest waiting of them was last brought up to its history.', projection.seconds),
    gauge('headrace_projection_scan_age_seconds', "Seconds since Temporal's list of runs was last looked through for what nobody told of.", projection.scanned),
  ];
}

async function readOutboxLag(database: Kysely<Database>): Promise<Family[]> {
  if (!(await isRelayed(database))) return [];
  const { events, seconds } = await outboxLag(database);
  return [
    gauge('headrace_outbox_events', 'Events that wait to be published to Kafka.', events),
    gauge('headrace_outbox_lag_seconds', 'Seconds that the oldest of them has waited.', seconds),
  ];
}

function gauges(name: string, help: string, series: readonly Sample[]): Family {
  return { name, help, type: 'gauge', series };
}
