import { costOf } from '../../authoring/cost.js';
import { formatDuration } from '../../authoring/duration.js';
import type { StepPlace } from '../../authoring/run-memo.js';
import { iso } from './history-event.js';
import type { ActivityStatus, CallStatus, StatusError } from './run-status.js';

/** One call of a step as the history tells it so far. Times are milliseconds since the epoch. */
export interface Call {
  callId: string;
  name: string;
  status: CallStatus;
  /** Number of the event with which the history first tells of it. */
  order: number;
  calledAt: number;
  /** When Temporal was last asked to run it: later than calledAt after a lost worker. */
  scheduledAt: number;
  endedAt?: number;
  /** Attempts of earlier schedules, whose worker was lost. */
  earlier: number;
  /** Attempt of the last schedule. */
  attempt: number;
  nextAttemptAt?: number;
  place: StepPlace;
  fast: boolean;
  output?: unknown;
  /** What the last heartbeat of its open attempt carried. */
  beat?: unknown;
  error?: StatusError;
}

const open = new Set<CallStatus>(['SCHEDULED', 'RUNNING', 'RETRYING']);

/** Whether the call has not ended. */
export function isOpen({ status }: Pick<Call, 'status'>): boolean {
  return open.has(status);
}

/** Attempts over all schedules. */
export function attemptsOf({ earlier, attempt }: Call): number {
  return earlier + attempt;
}

/** Attempts beyond the first, over all calls. */
export function retriesOf(calls: Iterable<Call>): number {
  return [...calls].reduce((sum, call) => sum + attemptsOf(call) - 1, 0);
}

/** Whether a call is part of the work itself, and not of taking it back or telling of it. */
export function isWork({ place }: Call): boolean {
  return place.undo !== true && place.notification !== true;
}

/** A call as its line of the status. */
export function lineOf(call: Call): ActivityStatus {
  const { name, status, calledAt, endedAt, nextAttemptAt, callId, place, fast, output, error } = call;
  const rows = (output as { rows?: unknown } | null | undefined)?.rows;
  const cost = costOf(output);
  return {
    name,
    status,
    startedAt: iso(calledAt),
    ...(endedAt === undefined ? {} : { duration: formatDuration(Math.max(0, endedAt - calledAt)) }),
    callId,
    attempt: attemptsOf(call),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: iso(nextAttemptAt) }),
    ...(place.phase === undefined ? {} : { phase: place.phase }),
    ...(place.undo === true ? { undo: true } : {}),
    ...(place.notification === true ? { notification: true } : {}),
    ...(fast ? { fast: true } : {}),
    ...(typeof rows === 'number' ? { rows } : {}),
    ...elsewhere(call),
    ...(cost === undefined ? {} : { cost }),
    ...(error === undefined ? {} : { error }),
  };
}

/** What of it runs on a system elsewhere: the heartbeat tells it meanwhile, and the output in the end. */
function elsewhere({ beat, output }: Call): Pick<ActivityStatus, 'engine' | 'working'> {
  const { engine, progress } = (output ?? beat ?? {}) as { engine?: unknown; progress?: unknown };
  if (typeof engine !== 'object' || engine === null) return {};
  const { name, id, link } = engine as Record<string, unknown>;
  const told = Object.entries({ name, id, link }).filter((it): it is [string, string] => typeof it[1] === 'string');
  return { engine: Object.fromEntries(told), ...(output === undefined && progress != null ? { working: progress } : {}) };
}
