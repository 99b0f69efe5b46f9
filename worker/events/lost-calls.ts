import type { Call } from '../../sdk/node/status/call.js';
import type { Calls } from '../../sdk/node/status/calls.js';
import type { HistoryEvent } from '../../sdk/node/status/history-event.js';
import { type Happening, stepEnded } from './happening.js';
import { numberOf } from './moments.js';

const heartbeatMissed = 4;
/** The failure with which an attempt ends when its worker stops. */
const workerStopped = 'WorkerStopped';

/**
 * The ends of calls. A call whose worker was lost may be scheduled anew as the same call (DESIGN §5.3): whether it has failed
 * is known when the run has answered.
 */
export class LostCalls {
  private readonly waiting = new Map<string, { call: Call; event: number }>();
  private readonly bySchedule = new Map<string, Call>();

  /** The call that an event ends for good, or undefined. */
  endedBy(event: HistoryEvent, calls: Calls, callsBefore: number): Call | undefined {
    if (calls.all.size > callsBefore && event.markerRecordedEventAttributes != null) return [...calls.all.values()].at(-1);
    this.noteSchedule(event, calls);
    const call = this.find(event);
    if (call === undefined || event.activityTaskCompletedEventAttributes != null) return call;
    if (!isLost(event)) return call;
    this.waiting.set(call.callId, { call, event: numberOf(event) });
    return undefined;
  }

  /** The calls that the run has given up, now that it has answered. */
  given(calls: Calls): Happening[] {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    return all.filter(({ call }) => calls.all.get(call.callId) === call).map(({ call, event }) => stepEnded(call, event));
  }

  /** Scheduled anew, a call is another object: the ends of both are told apart. */
  private noteSchedule({ eventId, activityTaskScheduledEventAttributes: scheduled }: HistoryEvent, calls: Calls): void {
    const call = calls.all.get(scheduled?.activityId ?? '');
    if (scheduled != null && call !== undefined) this.bySchedule.set(String(eventId), call);
  }

  private find({
    activityTaskCompletedEventAttributes: completed,
    activityTaskFailedEventAttributes: failed,
    activityTaskTimedOutEventAttributes: timedOut,
  }: HistoryEvent): Call | undefined {
    const ended = completed ?? failed ?? timedOut;
    return ended == null ? undefined : this.bySchedule.get(String(ended.scheduledEventId));
  }
}

function isLost({ activityTaskFailedEventAttributes: failed, activityTaskTimedOutEventAttributes: timedOut }: HistoryEvent): boolean {
  return timedOut?.failure?.timeoutFailureInfo?.timeoutType === heartbeatMissed || failed?.failure?.applicationFailureInfo?.type === workerStopped;
}
