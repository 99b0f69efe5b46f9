import { CancelledFailure, ContinueAsNew, DeterminismViolationError, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { DeclinedResult } from '../authoring/declined-result.js';
import { ApprovalExpired, Declined, HeadraceError, RunTimedOut } from '../authoring/errors.js';
import type { RunOutcome } from '../authoring/pipeline.js';
import type { EndRecord } from '../authoring/run-memo.js';
import { toFailure } from './failure.js';

/** The run was to end rolled back or cancelled, and what it did could not be taken back. */
export class UndoFailed extends HeadraceError {
  constructor(message: string) {
    super(message, { fix: 'Look at what the failed undo left, mend it by hand, and run again.' });
  }
}

/** Errors that are Temporal's own business and pass through the run untouched. */
export function isTemporals(error: unknown): boolean {
  return error instanceof ContinueAsNew || error instanceof DeterminismViolationError;
}

/** The state in which an error of the body ends the run (SPEC §6). */
export function endOf(error: unknown): EndRecord {
  const reason = error instanceof Error ? error.message : String(error);
  if (isCancellation(error)) return { state: 'CANCELLED', reason: 'The run was cancelled.' };
  if (error instanceof Declined || error instanceof ApprovalExpired) return { state: 'CANCELLED', reason };
  if (error instanceof RunTimedOut) return { state: 'TIMED_OUT', reason };
  return { state: 'FAILED', reason };
}

/** Ends the run in Temporal: a declined one closes normally, a cancelled one as cancelled, the others as failed. */
export function close(error: unknown): DeclinedResult {
  if (error instanceof Declined) return { status: 'CANCELLED', reason: error.message, approval: error.approval, declined: 'DECLINED', by: error.by };
  if (error instanceof ApprovalExpired) return { status: 'CANCELLED', reason: error.message, approval: error.approval, declined: 'EXPIRED' };
  if (isCancellation(error)) throw new CancelledFailure('The run was cancelled.');
  throw toFailure(error);
}

/** What the notifications of a run are told. */
export function outcomeOf(pipeline: string, status: RunOutcome['status'], rest: Pick<RunOutcome, 'run' | 'output' | 'undo'>, error?: unknown): RunOutcome {
  const duration = Date.now() - workflowInfo().startTime.getTime();
  return { ...rest, status, duration, error: error === undefined ? undefined : describe(error, pipeline) };
}

function describe(error: unknown, pipeline: string): RunOutcome['error'] {
  if (!(error instanceof Error)) return { type: 'Error', message: `${pipeline}: ${String(error)}`, code: undefined, fix: undefined };
  const { code, fix } = error instanceof HeadraceError ? error : { code: undefined, fix: undefined };
  return { type: error.name, message: error.message, code, fix };
}
