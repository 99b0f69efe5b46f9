import { describeFailure } from './failure.js';
import { type Described, type HistoryEvent, milliseconds } from './history-event.js';

/** Who polls the run's task queue now: undefined where nobody asked. */
export interface Polled {
  taskQueue: string;
  pollers: number;
}

/** Longer than this, what is due should have been taken by a worker that polls. Temporal lists one that died for a minute yet. Milliseconds. */
const patience = { task: 10_000, call: 30_000 };

/** The failure of a workflow task that has not been mended by a later one. */
export class TaskFailure {
  private last: string | undefined;

  take(event: HistoryEvent): void {
    const { workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes: timedOut } = event;
    if (event.workflowTaskCompletedEventAttributes != null) this.last = undefined;
    if (failed != null && keepsFailing(failed)) this.last = `${describeFailure(failed.failure)?.message ?? 'the workflow task fails'}${fixOf(failed)}`;
    if (timedOut != null && timedOut.timeoutType === 1)
      this.last = 'a workflow task took longer than its time-out: its worker is lost, stopped, or computes too long';
  }

  message(): string | undefined {
    return this.last;
  }
}

type FailedTask = NonNullable<HistoryEvent['workflowTaskFailedEventAttributes']>;

/** An event overtook a task that ended the run; too many came while one was worked on; the server moved. The next task is as any other. */
const passing = new Set([1, 17, 18]);

/** Whether a workflow task failed by itself. A reset is written as a failed task too, and so is what the server ends for what came meanwhile. */
export function keepsFailing({ cause, newRunId }: FailedTask): boolean {
  return !newRunId && !passing.has(cause ?? 0);
}

const nonDeterministic = 24;

/** A cancellation is of no use to it, because the code would have to take it. */
function fixOf({ cause }: FailedTask): string {
  if (cause !== nonDeterministic) return '';
  return "; the pipeline's code was changed under it: host the code that it began with until it has ended, or terminate it in Temporal, which undoes nothing";
}

/** Why an open run does not move although nothing is wrong with its steps; undefined when it does. */
export function findProblem(described: Described, failed: string | undefined, polled: Polled | undefined, now: number): string | undefined {
  if (failed !== undefined && described.pendingWorkflowTask != null)
    return `The run cannot go on: ${failed} (workflow task attempt ${described.pendingWorkflowTask.attempt ?? 1}).`;
  if (polled?.pollers === 0) return `No worker polls the task queue '${polled.taskQueue}'. Start one: headrace worker.`;
  return now > takenBy(described) ? 'What is due waits longer than it should: all workers are busy, or one was lost.' : undefined;
}

/** When a worker should have taken what is due at the latest; never, where nothing is. */
function takenBy({ pendingWorkflowTask: task, pendingActivities }: Described): number {
  const scheduled = 1;
  const tasks = task != null && task.state === scheduled ? [milliseconds(task.originalScheduledTime ?? task.scheduledTime) + patience.task] : [];
  const calls = (pendingActivities ?? []).filter(({ state, scheduledTime }) => state === scheduled && scheduledTime != null);
  return Math.min(...tasks, ...calls.map(({ scheduledTime }) => milliseconds(scheduledTime) + patience.call));
}
