import { type Call, isOpen } from './call.js';
import { describeFailure } from './failure.js';
import { type Described, decodeReadable, milliseconds } from './history-event.js';

type Pending = NonNullable<Described['pendingActivities']>[number];

const states = { started: 2, cancelRequested: 3 };
/** Two clocks of Temporal's differ by their rounding. */
const rounding = 5;

/** Adds what only the description knows of open calls: the attempt, whether it runs or waits, and the last failure. */
export function addPending(calls: ReadonlyMap<string, Call>, pending: readonly Pending[]): void {
  for (const it of pending) {
    const call = calls.get(it.activityId ?? '');
    if (call !== undefined && isOpen(call) && !isStale(call, it)) update(call, it);
  }
}

/** The description is read before the history: the call may have been scheduled anew between both. */
function isStale(call: Call, { scheduledTime }: Pending): boolean {
  return scheduledTime != null && milliseconds(scheduledTime) + rounding < call.scheduledAt;
}

function update(call: Call, { state, attempt, lastFailure, scheduledTime, heartbeatDetails }: Pending): void {
  const runs = state === states.started || state === states.cancelRequested;
  call.attempt = attempt || 1;
  call.beat = decodeReadable(heartbeatDetails?.payloads?.[0]);
  call.error = describeFailure(lastFailure) ?? call.error;
  call.status = runs ? 'RUNNING' : call.attempt > 1 ? 'RETRYING' : 'SCHEDULED';
  if (call.status === 'RETRYING' && scheduledTime != null) call.nextAttemptAt = milliseconds(scheduledTime);
}
