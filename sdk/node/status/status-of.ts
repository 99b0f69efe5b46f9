import { formatDuration } from '../../authoring/duration.js';
import type { AnyPipeline } from '../../authoring/pipeline.js';
import { type Call, isOpen, lineOf, retriesOf } from './call.js';
import { Gathered } from './gathered.js';
import { type Described, type HistoryEvent, iso } from './history-event.js';
import { addPending } from './pending-calls.js';
import { pendingSignal } from './pending-signal.js';
import { findProblem, type Polled } from './problem.js';
import type { ActivityStatus, RunStateName, RunStatus } from './run-status.js';

/** What may be known beside description and history. */
export interface Known {
  /** How many steps the pipeline's last success before this run had. */
  stepsOfLastSuccess?: number;
  /** The pipeline, for the forms of its approvals. */
  pipeline?: AnyPipeline;
  polled?: Polled;
  /** When the first execution began, where the run has continued as new. Milliseconds since the epoch. */
  firstStartedAt?: number;
  /** Attempts beyond the first in the executions before, where the run has continued as new. */
  earlierRetries?: number;
  /** Milliseconds since the epoch. */
  now?: number;
}

/**
 * A run's status: a pure function of what Temporal's server knows, so that it is right with no worker alive, after a
 * termination, and while a workflow task fails (DESIGN §3.2).
 *
 * @param described read before the events: where both differ, the events are right
 */
export function statusOf(described: Described, events: readonly HistoryEvent[], known: Known = {}): RunStatus {
  const gathered = gather(described, events, known);
  const { memo, ending, approvals, children } = gathered;
  const calls = [...gathered.calls.all.values()];
  const state = ending?.state ?? openState(calls, gathered);
  const { workflowId, runId, pipeline, taskQueue } = whichRun(described, events);
  return {
    workflowId,
    runId,
    status: state,
    startedAt: iso(startOf(known, gathered)),
    currentActivity: ending === undefined ? longestRunning(calls) : null,
    progress: gathered.progress.value(memo.progress, state === 'SUCCEEDED'),
    activities: linesOf(calls, gathered),
    retries: (known.earlierRetries ?? 0) + retriesOf(calls),
    pendingSignals: ending === undefined ? approvals.pending().map((wait) => pendingSignal(wait, known.pipeline, approvals.given(wait.id))) : [],
    pipeline,
    taskQueue,
    ...(ending === undefined ? problemOf(described, gathered, known) : endOf(gathered, known)),
    ...(gathered.cancelRequested ? { cancelRequested: true } : {}),
    undo: undoOf(calls, gathered),
    approvals: approvals.outcomes(ending?.at),
    ignoredSignals: memo.now.ignoredSignals ?? [],
    children: children.all(),
    logs: memo.logs,
  };
}

function gather(described: Described, events: readonly HistoryEvent[], known: Known): Gathered {
  const gathered = new Gathered(known.stepsOfLastSuccess);
  for (const event of events) gathered.take(event);
  gathered.finish();
  if (gathered.ending === undefined) addPending(gathered.calls.all, described.pendingActivities ?? []);
  else for (const call of gathered.calls.all.values()) if (isOpen(call)) call.status = 'ABANDONED';
  return gathered;
}

function whichRun({ workflowExecutionInfo: info, executionConfig }: Described, events: readonly HistoryEvent[]) {
  const began = events[0]?.workflowExecutionStartedEventAttributes;
  return {
    workflowId: info?.execution?.workflowId ?? began?.workflowId ?? '',
    runId: began?.firstExecutionRunId || info?.firstRunId || info?.execution?.runId || '',
    pipeline: began?.workflowType?.name ?? info?.type?.name ?? '',
    taskQueue: executionConfig?.taskQueue?.name ?? info?.taskQueue ?? '',
  };
}

function startOf({ firstStartedAt }: Known, { startedAt }: Gathered): number {
  return firstStartedAt ?? startedAt;
}

/** People first: a run that waits for them stands still although a step of it may still work. */
function openState(calls: readonly Call[], { approvals }: Gathered): RunStateName {
  if (approvals.pending().length > 0) return 'WAITING_FOR_APPROVAL';
  return calls.some(({ status }) => status === 'RETRYING') ? 'RETRYING' : 'RUNNING';
}

function longestRunning(calls: readonly Call[]): string | null {
  const oldest = [...calls].sort((one, other) => one.order - other.order);
  const current = oldest.find(({ status }) => status === 'RUNNING') ?? oldest.find(isOpen);
  return current?.name ?? null;
}

/** Calls and skips in the order in which the history tells of them. */
function linesOf(calls: readonly Call[], { memo }: Gathered): ActivityStatus[] {
  const skips = memo.skips.map(({ skip: { step, reason }, order, at }): { order: number; line: ActivityStatus } => ({
    order,
    line: { name: step, status: 'SKIPPED', startedAt: at, reason },
  }));
  const all = [...calls.map((call) => ({ order: call.order, line: lineOf(call) })), ...skips];
  return all.sort((one, other) => one.order - other.order).map(({ line }) => line);
}

function problemOf(described: Described, { taskFailure }: Gathered, { polled, now }: Known): Partial<RunStatus> {
  const problem = findProblem(described, taskFailure.message(), polled, now ?? Date.now());
  return problem === undefined ? {} : { problem };
}

function endOf(gathered: Gathered, known: Known): Partial<RunStatus> {
  const { ending } = gathered;
  if (ending === undefined) return {};
  const { at, output, error, reason } = ending;
  return {
    endedAt: iso(at),
    duration: formatDuration(Math.max(0, at - startOf(known, gathered))),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A run that Temporal ended had no chance to undo: what its steps did stands, as far as the history knows (DESIGN §5.5). */
function undoOf(calls: readonly Call[], { memo, ending }: Gathered): RunStatus['undo'] {
  const { undo } = memo.now;
  if (ending?.forced !== true) return undo ?? 'NONE';
  if (undo === 'DONE' || undo === 'FAILED') return undo;
  return calls.length > 0 ? 'UNCOMPENSATED' : 'NONE';
}
