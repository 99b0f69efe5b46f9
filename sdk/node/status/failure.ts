import { decode, decodeFirst, type Failure } from './history-event.js';
import type { StatusError } from './run-status.js';

const timeOuts: Record<number, string> = {
  1: 'it took longer than its time-out',
  2: 'no worker took it in time',
  3: 'its attempts took longer than it may take in all',
  4: 'its worker was lost',
};

/** A failure as Temporal carries it, for people: what the step or the body threw, not the wrappers around it. */
export function describeFailure(failure: Failure | null | undefined): StatusError | undefined {
  if (failure == null) return undefined;
  const { applicationFailureInfo: own, timeoutFailureInfo: timeOut } = failure;
  if (timeOut != null) return { type: 'TimedOut', message: `${timeOuts[timeOut.timeoutType ?? 0] ?? 'it timed out'}${because(failure)}` };
  if (own == null && failure.cause != null) return describeFailure(failure.cause);
  return { type: own?.type || typeOf(failure), message: messageOf(failure), ...detailsOf(failure) };
}

function because({ cause }: Failure): string {
  const message = cause == null ? '' : messageOf(cause);
  return message === '' ? '' : `; before that: ${message}`;
}

/** With encryption, message and stack stand in a payload of their own. */
function messageOf({ message, encodedAttributes }: Failure): string {
  const encoded = decode(encodedAttributes) as { message?: unknown } | null | undefined;
  return typeof encoded?.message === 'string' ? encoded.message : (message ?? '');
}

function typeOf({ canceledFailureInfo, terminatedFailureInfo }: Failure): string {
  if (canceledFailureInfo != null) return 'Cancelled';
  return terminatedFailureInfo != null ? 'Terminated' : 'Error';
}

/** The code, fix and place that a HeadraceError carries over Temporal. */
function detailsOf({ applicationFailureInfo }: Failure): Partial<StatusError> {
  const details = decodeFirst(applicationFailureInfo?.details);
  if (typeof details !== 'object' || details === null) return {};
  const texts = ['code', 'fix', 'where'].map((key) => [key, (details as Record<string, unknown>)[key]]);
  return Object.fromEntries(texts.filter(([, value]) => typeof value === 'string')) as Partial<StatusError>;
}
