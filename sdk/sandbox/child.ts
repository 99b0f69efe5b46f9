import { type ChildWorkflowOptions, isCancellation, startChild, workflowInfo } from '@temporalio/workflow';
import { ApprovalExpired, Declined } from '../authoring/errors.js';
import { refuseOversize } from '../authoring/payload-size.js';
import type { AnyPipeline } from '../authoring/pipeline.js';
import { type DeclinedResult, undoGrace } from '../authoring/run-memo.js';
import { parse } from '../authoring/schema.js';
import { childAttributes } from './child-attributes.js';
import { fromFailure } from './failure.js';
import type { RunState } from './run-state.js';

/** Runs a pipeline as a child that is asked to cancel, and so undoes its work, when this run ends before it. */
export function runChild(run: RunState, pipeline: AnyPipeline, input: unknown, options: { workflowId?: string } = {}): Promise<unknown> {
  return run.follow(startAndWait(run, pipeline, input, options));
}

async function startAndWait(run: RunState, pipeline: AnyPipeline, input: unknown, options: { workflowId?: string }): Promise<unknown> {
  const callId = run.nextId(pipeline.id);
  const parsed = parse(pipeline.input, input, `The input of pipeline ${pipeline.id}`, 'wrong_input');
  refuseOversize(parsed, `The input of pipeline ${pipeline.id}`);
  try {
    const child = await startChild(pipeline.id, { ...childOptions(run, pipeline), workflowId: options.workflowId ?? childId(callId), args: [parsed] });
    return conclude(pipeline, await child.result());
  } catch (error) {
    throw isCancellation(error) ? error : fromFailure(error, pipeline.id, callId);
  }
}

function childId(callId: string): string {
  return `${workflowInfo().workflowId}-${callId.replace('#', '-')}`;
}

function childOptions(run: RunState, pipeline: AnyPipeline): ChildWorkflowOptions {
  const limit =
    pipeline.maxDuration === undefined ? undefined : Math.max(1, Math.min(pipeline.maxDuration, run.remaining() ?? pipeline.maxDuration)) + undoGrace;
  return {
    parentClosePolicy: 'REQUEST_CANCEL',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    workflowExecutionTimeout: limit,
    memo: run.deadline === undefined ? undefined : { headraceDeadline: run.deadline },
    typedSearchAttributes: childAttributes(pipeline.id),
  };
}

function conclude(pipeline: AnyPipeline, result: unknown): unknown {
  const declined = result as DeclinedResult | null;
  if (declined?.declined === 'DECLINED') throw new Declined(declined.approval, declined.reason, declined.by);
  if (declined?.declined === 'EXPIRED') throw new ApprovalExpired(declined.approval, declined.reason);
  return parse(pipeline.output, result, `The output of pipeline ${pipeline.id}`, 'wrong_output');
}
