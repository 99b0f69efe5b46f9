import { Approvals } from './approvals.js';
import { isOpen, isWork } from './call.js';
import { Calls } from './calls.js';
import { Children } from './children.js';
import { type Ending, endingOf } from './ending.js';
import { type HistoryEvent, milliseconds } from './history-event.js';
import { Memo } from './memo.js';
import { TaskFailure } from './problem.js';
import { type Counted, Progress } from './progress.js';

/** All that a history tells of a run, gathered in one walk over its events. */
export class Gathered {
  readonly calls = new Calls();
  readonly children = new Children();
  readonly memo = new Memo();
  readonly approvals = new Approvals();
  readonly taskFailure = new TaskFailure();
  readonly progress: Progress;
  ending: Ending | undefined;
  cancelRequested = false;
  /** Milliseconds since the epoch. */
  startedAt = 0;
  private answered = false;

  constructor(stepsOfLastSuccess?: number) {
    this.progress = new Progress(stepsOfLastSuccess);
  }

  take(event: HistoryEvent): void {
    this.measure(event);
    if (this.startedAt === 0) this.startedAt = milliseconds(event.eventTime);
    if (event.workflowExecutionCancelRequestedEventAttributes != null) this.cancelRequested = true;
    this.calls.take(event);
    this.children.take(event);
    this.approvals.take(event);
    this.taskFailure.take(event);
    if (this.memo.take(event)) this.approvals.waiting(this.memo.now.waiting ?? [], milliseconds(event.eventTime));
    this.ending ??= endingOf(event, this.memo.now);
  }

  /** To be called after the last event: what stands at its end is the run's answer too. */
  finish(): void {
    if (this.answered) this.progress.take(this.counted());
  }

  /** How much there is, of the work itself: undoing and telling of it do not count. */
  counted(): Counted {
    const work = [...this.calls.all.values()].filter(isWork);
    const children = this.children.all();
    const skipped = this.memo.skips.length;
    const openChildren = children.filter(({ status }) => status === 'STARTING' || status === 'RUNNING').length;
    const seen = work.length + children.length + skipped;
    return { seen, finished: seen - work.filter(isOpen).length - openChildren };
  }

  /** The events that follow a completed workflow task are the run's answer; the first one after them ends it. */
  private measure(event: HistoryEvent): void {
    if (event.workflowTaskCompletedEventAttributes != null) this.answered = true;
    else if (this.answered && isNews(event)) {
      this.answered = false;
      this.progress.take(this.counted());
    }
  }
}

/** Whether an event is something that happened to the run, and no part of its answer. */
function isNews(event: HistoryEvent): boolean {
  return [
    event.workflowTaskScheduledEventAttributes,
    event.activityTaskStartedEventAttributes,
    event.activityTaskCompletedEventAttributes,
    event.activityTaskFailedEventAttributes,
    event.activityTaskTimedOutEventAttributes,
    event.activityTaskCanceledEventAttributes,
    event.timerFiredEventAttributes,
    event.workflowExecutionSignaledEventAttributes,
    event.childWorkflowExecutionStartedEventAttributes,
  ].some((attributes) => attributes != null);
}
