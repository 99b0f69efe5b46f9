import type * as z from 'zod';
import { formatDuration } from '../../sdk/authoring/duration.js';
import type { PendingSignal, RunStateName, StatusError } from '../../sdk/node/status/run-status.js';
import type { RecordedRun } from '../registry/recorded-runs.js';
import type { RelatedRun } from '../registry/run-detail.js';
import type { PastRunShape, RecordedRunShape, RelatedRunShape } from './recorded-shape.js';

/** A run of the registry as the API answers it. */
export function recordedRun(run: RecordedRun, waiting: PendingSignal[] = []): z.output<typeof RecordedRunShape> {
  return {
    workflowId: run.workflow_id ?? '',
    runId: run.run_id ?? '',
    pipeline: run.pipeline,
    status: run.status as RunStateName,
    partition: run.partition_key ?? undefined,
    trigger: run.trigger,
    parent: run.parent ?? undefined,
    startedBy: run.started_by ?? undefined,
    startedAt: run.start_date.toISOString(),
    endedAt: run.end_date?.toISOString(),
    duration: run.duration_ms === null ? undefined : formatDuration(run.duration_ms),
    durationMs: run.duration_ms ?? undefined,
    retries: run.retries,
    rows: run.total_rows ?? undefined,
    undo: run.undo ?? undefined,
    reason: run.reason ?? undefined,
    error: (run.error ?? undefined) as StatusError | undefined,
    waiting,
  };
}

export function pastRun(run: RecordedRun): z.output<typeof PastRunShape> {
  return { ...recordedRun(run), output: run.output ?? undefined, ...(run.output_left_out === true ? { outputLeftOut: true } : {}) };
}

/** A run above or below another. */
export function relatedRun(run: RelatedRun): z.output<typeof RelatedRunShape> {
  return { ...recordedRun(run), depth: run.depth };
}
