import { type Described, type HistoryEvent, milliseconds } from '../node/status/history-event.js';
import { nextAttempt } from './next-attempt.js';

/** What an event opens or closes, by the id of the event that opened it. */
interface Change {
  opened?: EventId;
  closed?: EventId;
}

type EventId = HistoryEvent['eventId'] | 'task';

/**
 * When something happens next in a run that stands still, in milliseconds since the epoch; Infinity where only people can move it, and undefined
 * while anything works. Time may be skipped up to that moment and not beyond: a run's own work takes no skipped time.
 */
export function nextMoment(events: readonly HistoryEvent[], described: Described): number | undefined {
  const open = new Set<string>();
  const timers = new Map<string, number>();
  for (const event of events) {
    const { opened, closed } = workOf(event);
    if (opened != null) open.add(opened.toString());
    if (closed != null) open.delete(closed.toString());
    follow(timers, event);
  }
  const resting = restingCalls(events, described, open);
  return resting === undefined ? undefined : Math.min(Infinity, ...timers.values(), ...resting);
}

/** Work that must end before time may pass: workflow tasks, steps, and what is asked of other runs. */
function workOf(event: HistoryEvent): Change {
  const { eventId } = event;
  if (event.workflowTaskScheduledEventAttributes != null) return { opened: 'task' };
  if (event.workflowTaskCompletedEventAttributes != null) return { closed: 'task' };
  if (event.activityTaskScheduledEventAttributes != null) return { opened: eventId };
  const ended =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  if (ended != null) return { closed: ended.scheduledEventId };
  const asked =
    event.startChildWorkflowExecutionInitiatedEventAttributes ??
    event.requestCancelExternalWorkflowExecutionInitiatedEventAttributes ??
    event.signalExternalWorkflowExecutionInitiatedEventAttributes;
  if (asked != null) return { opened: eventId };
  const answered =
    event.childWorkflowExecutionStartedEventAttributes ??
    event.startChildWorkflowExecutionFailedEventAttributes ??
    event.externalWorkflowExecutionCancelRequestedEventAttributes ??
    event.requestCancelExternalWorkflowExecutionFailedEventAttributes;
  return answered == null ? {} : { closed: answered.initiatedEventId };
}

function follow(timers: Map<string, number>, { eventTime, ...event }: HistoryEvent): void {
  const started = event.timerStartedEventAttributes;
  if (started != null) timers.set(started.timerId ?? '', milliseconds(eventTime) + milliseconds(started.startToFireTimeout));
  const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
  if (ended != null) timers.delete(ended.timerId ?? '');
}

/** The next attempts of steps that wait for them; undefined while a step or a task works. */
function restingCalls(events: readonly HistoryEvent[], { pendingActivities }: Described, open: ReadonlySet<string>): number[] | undefined {
  const moments: number[] = [];
  for (const id of open) {
    const scheduled = events.find((event) => event.eventId?.toString() === id)?.activityTaskScheduledEventAttributes;
    const pending = pendingActivities?.find(({ activityId }) => activityId === scheduled?.activityId);
    const moment = scheduled == null || pending == null ? undefined : nextAttempt(scheduled, pending);
    if (moment === undefined) return undefined;
    moments.push(moment);
  }
  return moments;
}
