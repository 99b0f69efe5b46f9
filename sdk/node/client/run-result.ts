import { setTimeout as wait } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure, WorkflowNotFoundError } from '@temporalio/common';
import { isDeclined, whyDeclined } from '../../authoring/declined-result.js';
import { readResult } from '../../authoring/ended-result.js';
import { HeadraceError, PermissionDeniedError, Refused, RunTimedOut, SchemaConflictError, StepFailed, ValidationError } from '../../authoring/errors.js';
import type { Temporal } from './temporal.js';
import { unknownRun } from './unknown-run.js';

/** The run was cancelled, and undone. */
export class CancelledError extends HeadraceError {
  constructor(workflowId: string, message = 'The run was cancelled.') {
    super(message, { code: 'cancelled', where: workflowId });
  }
}

/** The run was terminated in Temporal: nothing was undone. */
export class TerminatedError extends HeadraceError {
  constructor(workflowId: string, reason?: string) {
    super(reason === undefined || reason === '' ? 'The run was terminated.' : `The run was terminated: ${reason}`, { code: 'terminated', where: workflowId });
  }
}

/** A run goes on while its server restarts, and so does waiting for it. */
const maximumAway = 30;
const awayWait = 1_000;

const known = { ValidationError, PermissionDeniedError, SchemaConflictError, Refused, RunTimedOut };

/**
 * Waits for a run's output.
 *
 * @throws Declined, ApprovalExpired, CancelledError, TerminatedError, RunTimedOut, StepFailed or what the run failed with
 */
export async function awaitResult(temporal: Temporal, workflowId: string): Promise<unknown> {
  const result = await awaitEnd(temporal, workflowId);
  if (isDeclined(result)) throw whyDeclined(result);
  return readResult(result).output;
}

async function awaitEnd(temporal: Temporal, workflowId: string): Promise<unknown> {
  for (let away = 0; ; away += 1) {
    try {
      return await temporal.await(({ workflow }) => workflow.getHandle(workflowId).result());
    } catch (error) {
      if (error instanceof WorkflowFailedError) throw rebuild(workflowId, error.cause);
      const explained = otherwise(temporal, workflowId, error);
      if ((explained as HeadraceError).code !== 'no_temporal' || away >= maximumAway) throw explained;
      await wait(awayWait);
    }
  }
}

function otherwise(temporal: Temporal, workflowId: string, error: unknown): unknown {
  return error instanceof WorkflowNotFoundError ? unknownRun(workflowId)() : temporal.explain(error, unknownRun(workflowId));
}

/** The error of a run's body as its author knows it. */
function rebuild(workflowId: string, cause: Error | undefined): HeadraceError {
  if (cause instanceof CancelledFailure) return new CancelledError(workflowId);
  if (cause instanceof TerminatedFailure) return new TerminatedError(workflowId, cause.message);
  if (cause instanceof TimeoutFailure) return new RunTimedOut("Temporal's own time-out ended the run.", { where: workflowId, cause });
  if (!(cause instanceof ApplicationFailure)) return new HeadraceError(cause?.message ?? 'The run failed.', { where: workflowId, cause });
  return rebuildOwn(cause);
}

function rebuildOwn(cause: ApplicationFailure): HeadraceError {
  const details = (cause.details?.[0] ?? {}) as { code?: string; fix?: string; where?: string };
  const options = { ...details, cause };
  const type = cause.type ?? 'Error';
  if (Object.hasOwn(known, type)) return new known[type as keyof typeof known](cause.message, options);
  if (type !== 'StepFailed') return Object.assign(new HeadraceError(cause.message, options), { name: type });
  const callId = details.where ?? '';
  return new StepFailed(cause.message, { ...options, step: callId.split('#')[0] ?? '', callId, type: typeOfStep(cause) });
}

/** What the step itself threw stands at the bottom of the causes. */
function typeOfStep(failure: ApplicationFailure): string {
  let type = 'Error';
  for (let it: Error | undefined = failure.cause; it !== undefined; it = it.cause as Error | undefined) {
    if (it instanceof ApplicationFailure) return it.type ?? type;
    if (it instanceof TimeoutFailure) type = 'TimedOut';
  }
  return type;
}
