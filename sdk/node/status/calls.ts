import { readSummary } from '../../authoring/run-memo.js';
import type { Call } from './call.js';
import { describeFailure } from './failure.js';
import { FastCalls } from './fast-calls.js';
import { decode, decodeFirst, type Failure, type HistoryEvent, milliseconds } from './history-event.js';
import type { CallStatus } from './run-status.js';

const workerLost = 4;

/** The calls of a run's steps, gathered event by event. */
export class Calls {
  /** By call id, in the order of the calls. */
  readonly all = new Map<string, Call>();
  private readonly bySchedule = new Map<string, Call>();
  private readonly fast = new FastCalls(this.all);

  take(event: HistoryEvent): void {
    this.schedule(event);
    this.start(event);
    this.complete(event);
    this.fast.take(event);
  }

  /** A step that was scheduled anew after a lost worker is the same call. */
  private schedule(event: HistoryEvent): void {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled == null) return;
    const callId = scheduled.activityId ?? '';
    const before = this.all.get(callId);
    const at = milliseconds(event.eventTime);
    const place = readSummary(decode(event.userMetadata?.summary) as string | undefined);
    const fresh: Call = {
      callId,
      name: scheduled.activityType?.name ?? callId,
      status: 'SCHEDULED',
      order: Number(String(event.eventId)),
      calledAt: at,
      scheduledAt: at,
      earlier: 0,
      attempt: 1,
      place,
      fast: false,
    };
    const call =
      before === undefined
        ? fresh
        : { ...fresh, order: before.order, calledAt: before.calledAt, earlier: before.earlier + before.attempt, error: before.error };
    this.all.set(callId, call);
    this.bySchedule.set(String(event.eventId), call);
  }

  /** Written when an attempt's end is: until then the description alone knows of it. */
  private start({ activityTaskStartedEventAttributes: started }: HistoryEvent): void {
    const call = this.bySchedule.get(String(started?.scheduledEventId));
    if (started == null || call === undefined) return;
    call.status = 'RUNNING';
    call.attempt = started.attempt ?? 1;
    call.error = describeFailure(started.lastFailure) ?? call.error;
  }

  private complete(event: HistoryEvent): void {
    const { activityTaskCompletedEventAttributes: completed, activityTaskFailedEventAttributes: failed } = event;
    const { activityTaskTimedOutEventAttributes: timedOut, activityTaskCanceledEventAttributes: cancelled } = event;
    if (completed != null) {
      const call = this.end(event, completed, 'COMPLETED');
      if (call !== undefined) Object.assign(call, { output: decodeFirst(completed.result), error: undefined });
    }
    if (failed != null) this.end(event, failed, 'FAILED', failed.failure);
    if (timedOut != null) this.end(event, timedOut, lost(timedOut.failure) ? 'FAILED' : 'TIMED_OUT', timedOut.failure);
    if (cancelled != null) this.end(event, cancelled, 'CANCELLED');
  }

  private end(event: HistoryEvent, { scheduledEventId }: { scheduledEventId?: unknown }, status: CallStatus, failure?: Failure | null): Call | undefined {
    const call = this.bySchedule.get(String(scheduledEventId));
    if (call === undefined) return undefined;
    return Object.assign(call, { status, endedAt: milliseconds(event.eventTime), error: describeFailure(failure) ?? call.error });
  }
}

function lost(failure: Failure | null | undefined): boolean {
  return failure?.timeoutFailureInfo?.timeoutType === workerLost;
}
