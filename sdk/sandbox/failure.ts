import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, isCancellation, TemporalFailure, TimeoutFailure } from '@temporalio/workflow';
import { HeadraceError, PermissionDeniedError, Refused, RunTimedOut, SchemaConflictError, StepFailed, ValidationError } from '../authoring/errors.js';
import { type FailureDetails, shorten, shortenCause, shortenDetails } from '../authoring/shorten.js';
import { workerStopped } from '../authoring/temporal-names.js';

const hostsOwn = new Set([
  'fetch',
  'process',
  'require',
  'Buffer',
  'setImmediate',
  'performance',
  'crypto',
  'URL',
  'structuredClone',
  'queueMicrotask',
  '__dirname',
  '__filename',
]);
const rebuilt = { ValidationError, PermissionDeniedError, SchemaConflictError, Refused, RunTimedOut };

/** Whether a step's last attempt ended because its worker was lost or stopped, and not by the step's own doing. */
export function isLostWorker(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof TimeoutFailure) return cause.timeoutType === 'HEARTBEAT';
  return cause instanceof ApplicationFailure && cause.type === workerStopped;
}

/** Whether a step has failed, and was not tried again because the run was told to stop meanwhile. */
export function endedByCancel(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED';
}

/** Whether a step ended by one of its time-outs. */
export function isTimeOut(error: unknown): boolean {
  return causeOf(error) instanceof TimeoutFailure;
}

/** What a failed step or child threw. A fast step's failure comes bare, without Temporal's wrapper. */
function causeOf(error: unknown): Error | undefined {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return error.cause;
  return error instanceof ApplicationFailure || error instanceof TimeoutFailure ? error : undefined;
}

/** A step's or child's failure as the error that the author knows: what the step threw where it is the house's own, else StepFailed. */
export function fromFailure(error: unknown, step: string, callId: string): unknown {
  const cause = causeOf(error);
  if (isCancellation(error) || cause === undefined) return error;
  const { type, message, details } = describe(cause);
  const options = { ...details, cause: error };
  const Known = Object.hasOwn(rebuilt, type) ? rebuilt[type as keyof typeof rebuilt] : undefined;
  if (Known !== undefined) return new Known(message, { ...options, where: details.where ?? callId });
  return new StepFailed(`${callId} failed: ${message}`, { ...options, step, callId, type });
}

function describe(cause: Error | undefined): { type: string; message: string; details: FailureDetails } {
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as FailureDetails;
    return { type: cause.type ?? 'Error', message: cause.message, details };
  }
  if (cause instanceof TimeoutFailure) return { type: 'TimedOut', message: `it took longer than its time-out (${cause.timeoutType})`, details: {} };
  return { type: cause?.name ?? 'Error', message: cause?.message ?? 'unknown cause', details: {} };
}

/** What a body misses most often: its sandbox has JavaScript's own names alone. */
function fixOf(error: Error): string | undefined {
  const name = error.name === 'ReferenceError' ? /^(\w+) is not defined$/.exec(error.message)?.[1] : undefined;
  if (name === undefined || !hostsOwn.has(name)) return undefined;
  return `Call ${name} in a step: a pipeline's body is replayed, and reaches nothing outside.`;
}

/** An error of the body as the failure that ends the run. */
export function toFailure(error: unknown): ApplicationFailure {
  const known = error instanceof Error ? error : new Error(String(error));
  const details: FailureDetails = known instanceof HeadraceError ? shortenDetails(known) : { fix: fixOf(known) };
  const cause = shortenCause(known.cause, (it) => it instanceof TemporalFailure);
  const failure = ApplicationFailure.create({ type: known.name, message: shorten(known.message), nonRetryable: true, details: [details], cause });
  // The reader wants the line of the body that threw, not this one.
  if (known.stack !== undefined) failure.stack = shorten(known.stack);
  return failure;
}
