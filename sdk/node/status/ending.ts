import { isDeclined } from '../../authoring/declined-result.js';
import { readResult } from '../../authoring/ended-result.js';
import type { EndRecord, RunMemo } from '../../authoring/run-memo.js';
import { describeFailure } from './failure.js';
import { decodeFirst, type HistoryEvent, milliseconds } from './history-event.js';
import type { RunStateName, StatusError } from './run-status.js';

/** How a run ended. */
export interface Ending {
  state: RunStateName;
  /** Milliseconds since the epoch. */
  at: number;
  /** Whether Temporal ended it without asking it, so that nothing was undone. */
  forced: boolean;
  output?: unknown;
  error?: StatusError;
  reason?: string;
}

/** The end that an event is, or undefined. A declined run closes normally in Temporal: its memo says its state (DESIGN §3.5). */
export function endingOf(event: HistoryEvent, { end }: RunMemo): Ending | undefined {
  const at = milliseconds(event.eventTime);
  const { workflowExecutionCompletedEventAttributes: completed, workflowExecutionFailedEventAttributes: failed } = event;
  if (completed != null) return completedAs(decodeFirst(completed.result), at, end);
  if (failed != null) return failedWith(describeFailure(failed.failure), at, end);
  if (event.workflowExecutionCanceledEventAttributes != null) {
    return { state: 'CANCELLED', at, forced: false, reason: end?.reason ?? 'The run was cancelled.' };
  }
  return forcedEnd(event, at);
}

function completedAs(result: unknown, at: number, end: EndRecord | undefined): Ending {
  if (isDeclined(result)) return { state: 'CANCELLED', at, forced: false, output: result, reason: result.reason };
  const { output } = readResult(result);
  if (end !== undefined) return { state: end.state, at, forced: false, output, reason: end.reason };
  return { state: 'SUCCEEDED', at, forced: false, output };
}

function failedWith(error: StatusError | undefined, at: number, end: EndRecord | undefined): Ending {
  const state = end?.state ?? (error?.type === 'RunTimedOut' ? 'TIMED_OUT' : 'FAILED');
  return { state, at, forced: false, error, reason: end?.reason ?? error?.message };
}

function forcedEnd(event: HistoryEvent, at: number): Ending | undefined {
  const { workflowExecutionTerminatedEventAttributes: terminated, workflowExecutionTimedOutEventAttributes: timedOut } = event;
  if (terminated != null) return { state: 'TERMINATED', at, forced: true, reason: terminated.reason || 'The run was terminated in Temporal.' };
  if (timedOut != null) return { state: 'TIMED_OUT', at, forced: true, reason: "Temporal's own time-out ended the run." };
  return undefined;
}
