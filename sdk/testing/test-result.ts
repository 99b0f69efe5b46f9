import type { HistoryEvent } from '../node/status/history-event.js';
import type { RunStateName, RunStatus, StatusError } from '../node/status/run-status.js';

/** A call of a step during a test, in the order in which they reached the worker. Retries do not count anew. */
export interface TestCall {
  pipeline: string;
  callId: string;
  step: string;
  input: unknown;
}

/** How a run under test ended. */
export interface TestResult<Output> {
  workflowId: string;
  status: RunStateName;
  /** What the body returned; undefined where the run did not end by its return. */
  output: Output | undefined;
  error: StatusError | undefined;
  /** Why the run ended without success. */
  reason: string | undefined;
  /** The run's own calls and its children's, undos included. */
  calls: TestCall[];
  /** All that status tells of the run. */
  run: RunStatus;
  /** The run's history, for `saveHistory`. */
  history: { events: HistoryEvent[] };
}

/** The result that a run's status and its calls stand for. */
export function resultOf<Output>(run: RunStatus, calls: TestCall[], events: HistoryEvent[]): TestResult<Output> {
  const { workflowId, status, output, error, reason } = run;
  const declined = (output as { declined?: unknown } | null | undefined)?.declined !== undefined;
  return { workflowId, status, output: declined ? undefined : (output as Output | undefined), error, reason, calls, run, history: { events } };
}
