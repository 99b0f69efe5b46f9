import { isDeclined } from '../../authoring/declined-result.js';
import { formatDuration } from '../../authoring/duration.js';
import { readResult } from '../../authoring/ended-result.js';
import { describeFailure } from './failure.js';
import { decodeFirst, type Failure, type HistoryEvent, iso, milliseconds } from './history-event.js';
import type { ChildStatus } from './run-status.js';

type Child = ChildStatus & { initiatedAt: number };

/** The pipelines that a run started as children, gathered event by event. */
export class Children {
  private readonly byInitiation = new Map<string, Child>();

  take(event: HistoryEvent): void {
    this.begin(event);
    this.end(event);
  }

  all(): ChildStatus[] {
    return [...this.byInitiation.values()].map(({ initiatedAt: _, ...child }) => child);
  }

  private begin(event: HistoryEvent): void {
    const { startChildWorkflowExecutionInitiatedEventAttributes: initiated, childWorkflowExecutionStartedEventAttributes: started } = event;
    if (initiated != null) {
      const at = milliseconds(event.eventTime);
      const child: Child = {
        name: initiated.workflowType?.name ?? '',
        workflowId: initiated.workflowId ?? '',
        status: 'STARTING',
        startedAt: iso(at),
        initiatedAt: at,
      };
      this.byInitiation.set(String(event.eventId), child);
    }
    if (started != null) this.change(started, { status: 'RUNNING', runId: started.workflowExecution?.runId ?? undefined });
  }

  private end(event: HistoryEvent): void {
    const at = milliseconds(event.eventTime);
    const { childWorkflowExecutionCompletedEventAttributes: completed, childWorkflowExecutionFailedEventAttributes: failed } = event;
    const { startChildWorkflowExecutionFailedEventAttributes: unstarted, childWorkflowExecutionCanceledEventAttributes: cancelled } = event;
    const { childWorkflowExecutionTimedOutEventAttributes: timedOut, childWorkflowExecutionTerminatedEventAttributes: terminated } = event;
    if (completed != null) this.close(completed, at, closedAs(decodeFirst(completed.result)));
    if (failed != null) this.close(failed, at, outOfTime(failed.failure) ? 'TIMED_OUT' : 'FAILED', failed.failure);
    if (unstarted != null) this.close(unstarted, at, 'FAILED', { message: 'A workflow with this id is there already.' });
    if (cancelled != null) this.close(cancelled, at, 'CANCELLED');
    if (timedOut != null) this.close(timedOut, at, 'TIMED_OUT');
    if (terminated != null) this.close(terminated, at, 'TERMINATED');
  }

  private close(of: { initiatedEventId?: unknown }, at: number, status: ChildStatus['status'], failure?: Failure | null): void {
    const child = this.byInitiation.get(String(of.initiatedEventId));
    const error = describeFailure(failure);
    const duration = formatDuration(Math.max(0, at - (child?.initiatedAt ?? at)));
    this.change(of, { status, duration, ...(error === undefined ? {} : { error }) });
  }

  private change({ initiatedEventId }: { initiatedEventId?: unknown }, change: Partial<ChildStatus>): void {
    const child = this.byInitiation.get(String(initiatedEventId));
    if (child !== undefined) Object.assign(child, change);
  }
}

function closedAs(result: unknown): ChildStatus['status'] {
  return isDeclined(result) ? 'CANCELLED' : readResult(result).state;
}

function outOfTime(failure: Failure | null | undefined): boolean {
  return failure?.applicationFailureInfo?.type === 'RunTimedOut';
}
