import { ApplicationFailure, type Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Kysely } from 'kysely';
import { defaultTenant, runTenant } from '../../sdk/authoring/run-memo.js';
import type { Database } from '../registry/database.js';
import { errorWithoutText } from './left-out.js';
import type { Projector } from './projector.js';
import { type FailedAttempt, publishRetrying } from './retrying.js';

export interface Recording {
  projector: Pick<Projector, 'nudge' | 'meet'>;
  /** Where PIPELINE_RETRYING is published; nowhere while there is none. */
  readonly database: Kysely<Database> | undefined;
  /** Whether what runs carry is encrypted: an attempt's error is then told by its type. */
  readonly encrypts?: boolean;
  /** Told when a live event could not be published: no step waits for that, or fails by it. */
  report?: (message: string) => void;
}

/** For a worker's interceptors: tells the projector of each step's end (its begin is not in the history before) and of runs that nobody told of, and publishes failed attempts that are repeated. */
export function recordingInterceptor(recording: Recording): ActivityInterceptorsFactory {
  return (context) => ({ inbound: { execute: (input, next) => record(recording, context, () => next(input)) } });
}

async function record(
  recording: Recording,
  context: Context,
  work: () => ReturnType<NonNullable<ActivityInboundCallsInterceptor['execute']>>,
): Promise<unknown> {
  const { projector, encrypts, report } = recording;
  const { workflowId, runId } = context.info.workflowExecution ?? {};
  if (workflowId === undefined || runId === undefined) return work();
  projector.meet(workflowId, runId);
  try {
    return await work();
  } catch (error) {
    const { database } = recording;
    if (database !== undefined && isRepeated(error, context))
      void publishRetrying(database, failedAttempt(context, error, encrypts === true)).catch((it: Error) => report?.(it.message));
    throw error;
  } finally {
    projector.nudge(workflowId, runId);
  }
}

/** As far as the worker can know: what the retry rule says of the error and of the number of attempts. */
function isRepeated(error: unknown, { info, cancellationSignal }: Context): boolean {
  if (cancellationSignal.aborted) return false;
  if (error instanceof ApplicationFailure && (error.nonRetryable === true || info.retryPolicy?.nonRetryableErrorTypes?.includes(error.type ?? '') === true))
    return false;
  const most = info.retryPolicy?.maximumAttempts ?? 0;
  return most === 0 || info.attempt < most;
}

function failedAttempt({ info, client }: Context, error: unknown, encrypts: boolean): FailedAttempt {
  const { workflowId = '', runId: executionId = '' } = info.workflowExecution ?? {};
  const { message, name } = error as Error;
  const type = error instanceof ApplicationFailure ? (error.type ?? name) : name;
  return {
    namespace: info.workflowNamespace ?? info.activityNamespace,
    workflowId,
    executionId,
    ask: async () => {
      const { typedSearchAttributes, raw } = await client.workflow.getHandle(workflowId, executionId).describe();
      return { tenant: typedSearchAttributes.get(runTenant) ?? defaultTenant, runId: raw.workflowExecutionInfo?.firstRunId || executionId };
    },
    pipeline: info.workflowType ?? '',
    step: info.activityType,
    callId: info.activityId,
    attempt: info.attempt,
    error: encrypts ? errorWithoutText({ type, message }) : { type, message },
  };
}
