import type { Context } from '@temporalio/activity';
import type { Described } from './status/history-event.js';

type Pending = NonNullable<Described['pendingActivities']>[number];

/** Milliseconds for which Temporal is asked what became of a call. */
const patience = 10_000;
const running = 1;
const startToClose = 1;
const cancelRequested = 3;

/**
 * Whether another attempt goes on with a call whose signal has aborted, so that what it began outside is to be left running.
 * A worker that Temporal did not hear, or that was frozen, cannot know: its call may be another worker's by now. So Temporal is asked.
 */
export async function handedOn(context: Context): Promise<boolean> {
  const { message } = context.cancellationSignal.reason as Error;
  if (message === 'CANCELLED') return false;
  if (message !== 'TIMED_OUT' && message !== 'NOT_FOUND') return true;
  const { startToCloseTimeoutMs, currentAttemptScheduledTimestampMs } = context.info;
  const hasTime = Date.now() < currentAttemptScheduledTimestampMs + startToCloseTimeoutMs;
  // While Temporal is away, only the time limit is known.
  return askTemporal(context, hasTime).catch(() => hasTime);
}

async function askTemporal({ client, info }: Context, hasTime: boolean): Promise<boolean> {
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  const { raw } = await client.withDeadline(Date.now() + patience, () => client.workflow.getHandle(workflowId, runId).describe());
  if (raw.workflowExecutionInfo?.status !== running) return false;
  const call = raw.pendingActivities?.find(({ activityId }) => activityId === info.activityId);
  if (call?.state === cancelRequested) return false;
  return call !== undefined && (call.attempt ?? 1) > info.attempt ? !timedOut(call, info.attempt) : hasTime;
}

/** Whether the attempt had used up its time, so that the next one begins anew. */
function timedOut({ attempt, lastFailure }: Pending, own: number): boolean {
  return attempt === own + 1 && lastFailure?.timeoutFailureInfo?.timeoutType === startToClose;
}
