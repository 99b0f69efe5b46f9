import { CancellationScope, type ChildWorkflowOptions, isCancellation, startChild, workflowInfo } from '@temporalio/workflow';
import { isDeclined, whyDeclined } from '../authoring/declined-result.js';
import { readResult } from '../authoring/ended-result.js';
import { HeadraceError, RunTimedOut, StepFailed } from '../authoring/errors.js';
import { refuseOversize } from '../authoring/payload-size.js';
import type { AnyPipeline } from '../authoring/pipeline.js';
import { undoGrace } from '../authoring/run-memo.js';
import { parse } from '../authoring/schema.js';
import { checkPipeline } from './check-arguments.js';
import { childAttributes, childMemo } from './child-attributes.js';
import { fromFailure } from './failure.js';
import { checkKnown } from './known-pipeline.js';
import type { RunState } from './run-state.js';

/** Runs a pipeline as a child that is asked to cancel, and so undoes its work, when this run ends before it. */
export function runChild(run: RunState, pipeline: AnyPipeline, input: unknown, options: { workflowId?: string } = {}): Promise<unknown> {
  return run.follow(startAndWait(run, pipeline, input, options));
}

async function startAndWait(run: RunState, pipeline: AnyPipeline, input: unknown, options: { workflowId?: string }): Promise<unknown> {
  checkPipeline(pipeline);
  const callId = run.nextId(pipeline.id);
  checkKnown(pipeline.id, `Export it by name from a module of the pipelines folder: export const … = pipeline('${pipeline.id}', …).`);
  const parsed = parse(pipeline.input, input, `The input of pipeline ${pipeline.id}`, 'wrong_input');
  const bytes = refuseOversize(parsed, `The input of pipeline ${pipeline.id}`);
  const workflowId = options.workflowId ?? childId(callId);
  try {
    const start = async (): Promise<unknown> => {
      const child = await startChild(pipeline.id, { ...childOptions(run, pipeline), workflowId, args: [parsed] });
      return child.result();
    };
    return conclude(pipeline, await run.room.call(bytes, start));
  } catch (error) {
    throw wasCancelled(run) ? error : explain(run, error, pipeline.id, callId, workflowId);
  }
}

/** Whether this run was told to stop, and not somebody else's hand its child. */
function wasCancelled(run: RunState): boolean {
  return CancellationScope.current().consideredCancelled || run.scope.consideredCancelled;
}

function explain(run: RunState, error: unknown, pipeline: string, callId: string, workflowId: string): unknown {
  if ((error as Error).name === 'WorkflowExecutionAlreadyStartedError') {
    return new HeadraceError(`There is a run '${workflowId}' already.`, { code: 'run_exists', where: workflowId });
  }
  if (isCancellation(error)) return new StepFailed(`${callId} was cancelled.`, { step: pipeline, callId, type: 'Cancelled', where: workflowId, cause: error });
  const known = fromFailure(error, pipeline, callId);
  // A child that was out of its own time has failed; this run's time may not be over.
  if (!(known instanceof RunTimedOut) || (run.remaining() ?? 1) <= 0) return known;
  return new StepFailed(`${callId} failed: ${known.message}`, { step: pipeline, callId, type: 'RunTimedOut', cause: error });
}

function childId(callId: string): string {
  return `${workflowInfo().workflowId}-${callId.replace('#', '-')}`;
}

function childOptions(run: RunState, pipeline: AnyPipeline): ChildWorkflowOptions {
  const remaining = run.remaining();
  const limit = pipeline.maxDuration === undefined ? undefined : Math.max(1, Math.min(pipeline.maxDuration, remaining ?? pipeline.maxDuration)) + undoGrace;
  return {
    parentClosePolicy: 'REQUEST_CANCEL',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    workflowExecutionTimeout: limit,
    memo: childMemo(remaining === undefined ? undefined : run.deadline),
    typedSearchAttributes: childAttributes(pipeline.id),
  };
}

function conclude(pipeline: AnyPipeline, result: unknown): unknown {
  if (isDeclined(result)) throw whyDeclined(result);
  return parse(pipeline.output, readResult(result).output, `The output of pipeline ${pipeline.id}`, 'wrong_output');
}
