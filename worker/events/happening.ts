import type { WaitRecord } from '../../sdk/authoring/run-memo.js';
import { hashJson } from '../../sdk/node/client/hash-json.js';
import { attemptsOf, type Call } from '../../sdk/node/status/call.js';
import type { Ending } from '../../sdk/node/status/ending.js';
import { iso } from '../../sdk/node/status/history-event.js';
import type { ApprovalOutcome, RunStatus, StatusError } from '../../sdk/node/status/run-status.js';
import { safeText } from '../registry/safe-json.js';
import type { RunFacts } from './facts.js';
import type { ErrorData, EventKind } from './kinds.js';
import { measuresOf } from './measures.js';

/** Something that happened to a run and is worth an event. */
export interface Happening {
  kind: EventKind;
  /** The number of the history's event that tells it. */
  event: number;
  /** Milliseconds since the epoch. */
  at: number;
  /** What its kind carries beside whose it is. */
  data: Record<string, unknown>;
}

const longestText = 4_000;

export function started(facts: RunFacts, event: number): Happening {
  const { trigger, taskQueue, partition, parent, startedAt } = facts;
  return { kind: 'PIPELINE_STARTED', event, at: startedAt, data: { trigger, taskQueue, partition, parent } };
}

export function stepEnded(call: Call, event: number): Happening {
  const failed = call.status !== 'COMPLETED';
  const at = call.endedAt ?? call.calledAt;
  const { phase, undo, notification } = call.place;
  const { rows, bytes, cost } = measuresOf(call.output);
  const place = { phase, ...(undo === true ? { undo } : {}), ...(notification === true ? { notification } : {}) };
  const data = { step: call.name, callId: call.callId, attempt: attemptsOf(call), ...place, durationMs: Math.max(0, at - call.calledAt), rows, bytes, cost };
  if (!failed) return { kind: 'PIPELINE_STEP_COMPLETED', event, at, data };
  return { kind: 'PIPELINE_STEP_FAILED', event, at, data: { ...data, error: errorOf(call.error) } };
}

export function skipped(step: string, reason: string, event: number, at: number): Happening {
  return { kind: 'PIPELINE_STEP_SKIPPED', event, at, data: { step, reason: shortened(reason) } };
}

export function asked(wait: WaitRecord, event: number, at: number): Happening {
  return { kind: 'PIPELINE_WAITING_FOR_APPROVAL', event, at, data: { ...askedData(wait), deadline: wait.deadline } };
}

export function decided(wait: WaitRecord, outcome: ApprovalOutcome, event: number, at: number): Happening {
  const { decision, decisionId, by, comment, at: decidedAt } = outcome;
  const kind = decision === 'approve' ? 'PIPELINE_APPROVED' : 'PIPELINE_DECLINED';
  return {
    kind,
    event,
    at,
    data: { ...askedData(wait), decision, decidedAt, decisionId, by, comment: comment === undefined ? undefined : shortened(comment) },
  };
}

export function ended({ state, at, reason, error }: Ending, undo: RunStatus['undo'], rows: number | undefined, startedAt: number, event: number): Happening {
  const data = {
    status: state,
    durationMs: Math.max(0, at - startedAt),
    rows,
    undo,
    reason: reason === undefined ? undefined : shortened(reason),
    error: errorOf(error),
  };
  return { kind: `PIPELINE_${state}` as EventKind, event, at, data };
}

/** What was shown to the approver, so that a decision can be held against it. */
export function digestOf({ evidence }: WaitRecord): string {
  return hashJson(evidence);
}

/** An error's texts may be pages of a database's complaints: events stay small, or Kafka would refuse them for ever, and all that come after them. */
export function errorOf(error: StatusError | undefined): ErrorData | undefined {
  if (error === undefined) return undefined;
  return Object.fromEntries(Object.entries(error).map(([name, text]) => [name, typeof text === 'string' ? shortened(text) : text])) as unknown as ErrorData;
}

function askedData(wait: WaitRecord) {
  return { wait: wait.id, approval: wait.approval, question: shortened(wait.question), evidenceDigest: digestOf(wait) };
}

function shortened(text: string): string {
  return safeText(text.length > longestText ? `${text.slice(0, longestText)} …` : text);
}

/** The moment as text, for rows and events. */
export const timeOf = iso;
