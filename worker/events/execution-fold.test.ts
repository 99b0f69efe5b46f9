import { expect, test } from 'vitest';
import type { HistoryEvent } from '../../sdk/node/status/history-event.js';
import { ExecutionFold } from './execution-fold.js';
import { momentsOf } from './moments.js';

/** Events of a history, numbered from 1, a second apart. */
function history(...events: object[]): HistoryEvent[] {
  return events.map((event, index) => ({ eventId: index + 1, eventTime: { seconds: index }, ...event }) as unknown as HistoryEvent);
}

const begun = { workflowExecutionStartedEventAttributes: { workflowType: { name: 'sales' } } };
const task = { workflowTaskScheduledEventAttributes: {} };
const answered = { workflowTaskCompletedEventAttributes: {} };
const scheduled = (workflowTaskCompletedEventId: number) => ({
  activityTaskScheduledEventAttributes: { activityId: 'load#1', activityType: { name: 'load' }, workflowTaskCompletedEventId },
});
const lost = (scheduledEventId: number) => ({ activityTaskTimedOutEventAttributes: { scheduledEventId, failure: { timeoutFailureInfo: { timeoutType: 4 } } } });
const completed = (scheduledEventId: number) => ({ activityTaskCompletedEventAttributes: { scheduledEventId } });

const kinds = (fold: ExecutionFold, events: HistoryEvent[], recordedTo = 0) =>
  fold.take(events, recordedTo).happenings.map(({ kind, event, data }) => [kind.slice(9), event, data.attempt].join(' ').trim());

test('a step that is scheduled anew after a lost worker has not failed', () => {
  const events = history(begun, task, answered, scheduled(3), lost(4), task, answered, scheduled(7), completed(8));
  expect(kinds(new ExecutionFold('e'), events)).toEqual(['STARTED 1', 'STEP_COMPLETED 9 2']);
});

test('a step that is given up after a lost worker has failed, once the run has answered', () => {
  const events = history(begun, task, answered, scheduled(3), lost(4), task, answered);
  const fold = new ExecutionFold('e');
  expect(kinds(fold, events.slice(0, 6))).toEqual(['STARTED 1']);
  expect(kinds(fold, events.slice(6), 6)).toEqual(['STEP_FAILED 5 1']);
});

test('an answer to something else, given before the loss was known, gives nothing up', () => {
  // The loss came while a task was being answered: it stands after that answer, and its own answer follows.
  const events = history(begun, task, answered, scheduled(3), task, answered, lost(4), task, answered, scheduled(9), completed(10));
  expect(kinds(new ExecutionFold('e'), events)).toEqual(['STARTED 1', 'STEP_COMPLETED 11 2']);
});

test('tells the same from wherever another projector goes on', () => {
  const events = history(begun, task, answered, scheduled(3), lost(4), task, answered, scheduled(7), completed(8), task, answered, {
    workflowExecutionCompletedEventAttributes: { workflowTaskCompletedEventId: 11 },
  });
  const whole = kinds(new ExecutionFold('e'), events);
  for (const { last } of momentsOf(events)) {
    const before = kinds(new ExecutionFold('e'), events.slice(0, last));
    expect([...before, ...kinds(new ExecutionFold('e'), events, last)]).toEqual(whole);
  }
});

test('a termination in the name of a reset is no end', () => {
  const events = history(begun, task, { workflowExecutionTerminatedEventAttributes: { identity: 'history-resetter' } });
  const fold = new ExecutionFold('e');
  expect(kinds(fold, events)).toEqual(['STARTED 1']);
  expect(fold).toMatchObject({ wasReset: true, closed: true, ending: undefined });
});
