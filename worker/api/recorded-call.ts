import type * as z from 'zod';
import { formatDuration } from '../../sdk/authoring/duration.js';
import type { StatusError } from '../../sdk/node/status/run-status.js';
import type { PipelineEvent } from '../events/kinds.js';
import type { RecordedRun } from '../registry/recorded-runs.js';
import type { RecordedCall } from '../registry/run-calls.js';
import type { CallShape } from './recorded-shape.js';

/** A call with its bar in the run's Gantt chart, and those of its attempts that workers told of. */
export function recordedCall(run: RecordedRun, call: RecordedCall, failed: readonly PipelineEvent[]): z.output<typeof CallShape> {
  const { duration_ms } = call;
  const failedAttempts = failed.filter(({ data }) => data.callId === call.call_id && data.executionId === call.execution_id).map(attemptOf);
  return {
    callId: call.call_id,
    executionId: call.execution_id,
    step: call.step,
    status: call.status,
    attempts: Math.max(call.attempts, ...failedAttempts.map(({ attempt }) => attempt)),
    failedAttempts,
    startedAt: call.started_at.toISOString(),
    endedAt: call.ended_at?.toISOString(),
    offsetMs: call.started_at.getTime() - run.start_date.getTime(),
    durationMs: duration_ms ?? undefined,
    duration: duration_ms === null ? undefined : formatDuration(duration_ms),
    engine: call.engine ?? undefined,
    engineId: call.engine_id ?? undefined,
    link: call.engine_link ?? undefined,
    rows: call.rows ?? undefined,
    bytes: call.bytes ?? undefined,
    cost: call.cost ?? undefined,
    phase: call.phase ?? undefined,
    ...(call.undo ? { undo: true } : {}),
    ...(call.notification ? { notification: true } : {}),
    ...(call.fast ? { fast: true } : {}),
    error: (call.error ?? undefined) as StatusError | undefined,
    reason: call.reason ?? undefined,
  };
}

function attemptOf({ time, data }: PipelineEvent): z.output<typeof CallShape>['failedAttempts'][number] {
  const { error, nextAttemptAt } = data as { error?: StatusError; nextAttemptAt?: string };
  return { attempt: Number(data.attempt), at: time, error, nextAttemptAt };
}
