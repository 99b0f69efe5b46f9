import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  getExternalWorkflowHandle,
  isCancellation,
  startChild,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { isDeclined } from '../authoring/declined-result.js';
import { readResult } from '../authoring/ended-result.js';
import type { ChildEnd, ChildRun, StartOptions } from '../authoring/flow.js';
import { refuseOversize } from '../authoring/payload-size.js';
import { checkStart } from './check-arguments.js';
import { childAttributes, childMemo } from './child-attributes.js';
import { checkKnown } from './known-pipeline.js';
import type { RunState } from './run-state.js';

/**
 * Starts a pipeline as a child that outlives this run's continue-as-new, and does not wait for it.
 * A parent's close policy cannot be changed later, so a coordinator's children all have ABANDON, and its cancellation is handed on by its scope.
 */
export async function startPipeline(run: RunState, pipeline: string, input: unknown, options: StartOptions): Promise<ChildRun | undefined> {
  checkStart(pipeline, options);
  checkKnown(pipeline);
  const { workflowId, partition } = options;
  const bytes = refuseOversize(input, `The input of pipeline ${pipeline}`);
  try {
    const start = () =>
      startChild(pipeline, {
        workflowId,
        args: [input],
        parentClosePolicy: 'ABANDON',
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        memo: childMemo(),
        typedSearchAttributes: childAttributes(pipeline, partition),
      });
    const child = await run.room.call(bytes, start);
    return { workflowId, ended: run.follow(end(run, child.result())) };
  } catch (error) {
    if ((error as Error).name === 'WorkflowExecutionAlreadyStartedError') return undefined;
    throw error;
  }
}

/** Asks a run that this one started to cancel, also while this one is cancelled itself. One that has ended is left alone. */
export async function cancelRun(workflowId: string): Promise<void> {
  await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(workflowId).cancel()).catch(() => undefined);
}

async function end(run: RunState, result: Promise<unknown>): Promise<ChildEnd> {
  try {
    return closedNormally(await result);
  } catch (error) {
    // A child that was cancelled by somebody else is an outcome; with this run's own cancellation this run ends.
    if (isCancellation(error) && run.scope.consideredCancelled) throw error;
    if (error instanceof ChildWorkflowFailure) return failed(error.cause);
    throw error;
  }
}

function closedNormally(result: unknown): ChildEnd {
  if (isDeclined(result)) return { state: 'CANCELLED', output: undefined, reason: result.reason };
  const { state, output } = readResult(result);
  const { reason } = (output ?? {}) as { reason?: unknown };
  return { state, output, reason: state !== 'SUCCEEDED' && typeof reason === 'string' ? reason : undefined };
}

function failed(cause: Error | undefined): ChildEnd {
  const reason = cause?.message;
  if (cause instanceof CancelledFailure) return { state: 'CANCELLED', output: undefined, reason: 'The run was cancelled.' };
  if (cause instanceof TerminatedFailure) return { state: 'TERMINATED', output: undefined, reason };
  const late = cause instanceof TimeoutFailure || (cause instanceof ApplicationFailure && cause.type === 'RunTimedOut');
  return { state: late ? 'TIMED_OUT' : 'FAILED', output: undefined, reason };
}
