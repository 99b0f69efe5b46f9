import { type Described, type HistoryEvent, milliseconds } from '../node/status/history-event.js';

type Pending = NonNullable<Described['pendingActivities']>[number];
type Scheduled = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>;

const state = { scheduled: 1, started: 2 };

/** When a step's next attempt is due, in milliseconds since the epoch; undefined while an attempt runs, or the first one is about to. */
export function nextAttempt(scheduled: Scheduled, pending: Pending): number | undefined {
  if ((pending.attempt ?? 1) < 2) return undefined;
  if (pending.state === state.scheduled) return milliseconds(pending.scheduledTime);
  // Temporal's test server calls a step that waits for its next attempt started, and does not say when that is.
  const ended = milliseconds(pending.lastAttemptCompleteTime);
  if (pending.state !== state.started || ended === 0 || ended < milliseconds(pending.lastStartedTime)) return undefined;
  return ended + waitAfter(scheduled, pending);
}

function waitAfter({ retryPolicy }: Scheduled, { attempt, lastFailure }: Pending): number {
  const told = milliseconds(lastFailure?.applicationFailureInfo?.nextRetryDelay);
  if (told > 0) return told;
  const { initialInterval, maximumInterval, backoffCoefficient } = retryPolicy ?? {};
  const wait = milliseconds(initialInterval) * (backoffCoefficient ?? 1) ** ((attempt ?? 2) - 2);
  return Math.min(wait, milliseconds(maximumInterval) || wait);
}
