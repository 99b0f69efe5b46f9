import type { HistoryEvent } from '../../sdk/node/status/history-event.js';

/** Events that stand together: what a workflow task answered, or one thing that happened. Temporal writes each at once. */
export interface Moment {
  events: HistoryEvent[];
  /** Whether it is the run's answer. */
  answer: boolean;
  /** The number of its last event. */
  last: number;
}

/** The moments of a history's events, in their order. */
export function momentsOf(events: readonly HistoryEvent[]): Moment[] {
  const moments: Moment[] = [];
  for (const event of events) {
    const number = numberOf(event);
    const open = moments.at(-1);
    if (open?.answer === true && answers(event)) {
      open.events.push(event);
      open.last = number;
    } else {
      moments.push({ events: [event], answer: event.workflowTaskCompletedEventAttributes != null || answers(event), last: number });
    }
  }
  return moments;
}

/** An event's number within its execution. */
export function numberOf({ eventId }: Pick<HistoryEvent, 'eventId'>): number {
  return Number(String(eventId ?? 0));
}

/** Whether an event is a command of a workflow task's answer: it names the task. */
function answers(event: HistoryEvent): boolean {
  return (
    Object.values(event).some((it: unknown) => {
      if (typeof it !== 'object' || it === null || !('workflowTaskCompletedEventId' in it)) return false;
      return numberOf({ eventId: it.workflowTaskCompletedEventId as HistoryEvent['eventId'] }) > 0;
    }) ||
    event.workflowExecutionUpdateAcceptedEventAttributes != null ||
    event.workflowExecutionUpdateCompletedEventAttributes != null
  );
}
