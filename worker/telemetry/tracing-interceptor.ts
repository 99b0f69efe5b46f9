import { context, trace } from '@opentelemetry/api';
import type { Info } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { errorStatus } from './run-spans.js';
import { below, callSpan } from './span-ids.js';

/**
 * For a worker's interceptors: each attempt of a step is a span below its call, and what the step does, its engine's statements too, is below that.
 *
 * @param encrypts whether what errors say stays out of it
 */
export function tracingInterceptor(encrypts: boolean): ActivityInterceptorsFactory {
  return ({ info }) => ({ inbound: { execute: (input, next) => attempt(info, encrypts, () => next(input)) } });
}

async function attempt<Result>(info: Info, encrypts: boolean, work: () => Promise<Result>): Promise<Result> {
  const { activityId, activityType, workflowExecution, workflowType = '' } = info;
  const { workflowId, runId } = workflowExecution ?? {};
  if (workflowId === undefined || runId === undefined) return work();
  const attributes = {
    'headrace.pipeline': workflowType,
    'headrace.workflow_id': workflowId,
    'headrace.call_id': activityId,
    'headrace.attempt': info.attempt,
  };
  const parent = below(callSpan(runId, activityId));
  const span = trace.getTracer('headrace').startSpan(`attempt ${activityType}`, { attributes }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    span.setStatus(errorStatus((error as Error).message, encrypts));
    throw error;
  } finally {
    span.end();
  }
}
