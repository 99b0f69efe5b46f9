import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { isSealed, whySealed } from '../encryption/payload.js';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** What Temporal says of a run now: pending calls, and what is due. */
export type Described = WorkflowExecutionDescription['raw'];

/** One event of a run's history. */
export type HistoryEvent = NonNullable<History['events']>[number];

type Started = NonNullable<HistoryEvent['activityTaskStartedEventAttributes']>;
export type Failure = NonNullable<Started['lastFailure']>;
type Payloads = NonNullable<NonNullable<HistoryEvent['activityTaskCompletedEventAttributes']>['result']>;
type Payload = NonNullable<NonNullable<Payloads['payloads']>[number]>;

interface Timestamp {
  seconds?: { toString(): string } | number | null;
  nanos?: number | null;
}

/** A moment in milliseconds since the epoch; 0 where there is none. */
export function milliseconds(time: Timestamp | null | undefined): number {
  if (time == null) return 0;
  return Number((time.seconds ?? 0).toString()) * 1_000 + Math.floor((time.nanos ?? 0) / 1_000_000);
}

/** ISO 8601, UTC. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

/**
 * A payload's value, or undefined where it cannot be read.
 *
 * @throws HeadraceError missing_key or undecipherable
 */
export function decode(payload: Payload | null | undefined): unknown {
  if (payload == null) return undefined;
  if (isSealed(payload)) throw whySealed(payload);
  return decodeReadable(payload);
}

/** As decode, with undefined for what is encrypted: a list does not end where one of its runs cannot be read. */
export function decodeReadable(payload: Payload | null | undefined): unknown {
  if (payload == null) return undefined;
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}

/** The one value that Headrace puts into an input, a result or a signal. */
export function decodeFirst(payloads: Payloads | null | undefined): unknown {
  return decode(payloads?.payloads?.[0]);
}
