import { iso } from '../../sdk/node/status/history-event.js';
import type { ActivityStatus, ApprovalOutcome, RunStatus, StatusError } from '../../sdk/node/status/run-status.js';
import { endKinds, type PipelineEvent } from './kinds.js';

type Told = Record<string, unknown>;

/** What the history says that events have to carry, in their words: of each call's end, each decision, and the run's end. Texts are left out, as with encryption. */
export function expectedContents({ activities, approvals, status, endedAt, undo, error }: RunStatus): Told[] {
  const ended = endedAt === undefined ? [] : [{ kind: `PIPELINE_${status}`, status, at: endedAt, undo, error: kindOf(error) }];
  return [
    ...activities.filter(({ status: state }) => ['COMPLETED', 'FAILED', 'TIMED_OUT'].includes(state)).map(expectedStep),
    ...approvals.filter(({ decision }) => decision !== 'withdrawn').map(expectedDecision),
    ...ended,
  ];
}

function expectedStep({ name, callId, status, attempt, phase, rows, undo, notification, startedAt, error }: ActivityStatus): Told {
  const failed = status !== 'COMPLETED';
  return {
    kind: failed ? 'PIPELINE_STEP_FAILED' : 'PIPELINE_STEP_COMPLETED',
    ...{ step: name, callId, attempt, phase, rows, undo, notification, startedAt },
    error: failed ? kindOf(error) : undefined,
  };
}

function expectedDecision({ id, decision, decisionId, by, at }: ApprovalOutcome): Told {
  return { kind: decision === 'approve' ? 'PIPELINE_APPROVED' : 'PIPELINE_DECLINED', wait: id, decision, decisionId, by, decidedAt: at };
}

/** The same, as the events carry it. */
export function toldContents(events: readonly PipelineEvent[]): Told[] {
  return events.flatMap((event) => {
    if (/^PIPELINE_STEP_(COMPLETED|FAILED)$/.test(event.type)) return [toldStep(event)];
    if (/^PIPELINE_(APPROVED|DECLINED)$/.test(event.type)) return [toldDecision(event)];
    return endKinds.includes(event.type) ? [toldEnd(event)] : [];
  });
}

function toldStep({ type: kind, time, call, attempt: attempts, rows: counted, duration, data }: PipelineEvent): Told {
  const { step, callId, attempt, phase, rows, undo, notification, durationMs, error } = data as Told;
  // What stands in the envelope and in the data is one thing.
  const twice = { callId: call, attempt: attempts, rows: counted, durationMs: duration };
  const once = { callId, attempt, rows, durationMs };
  const differing = JSON.stringify(twice) === JSON.stringify(once) ? {} : { envelope: twice };
  return {
    kind,
    step,
    callId,
    attempt,
    phase,
    rows,
    undo,
    notification,
    startedAt: iso(Date.parse(time) - Number(durationMs)),
    error: kindOf(error as StatusError | undefined),
    ...differing,
  };
}

function toldDecision({ type: kind, data }: PipelineEvent): Told {
  const { wait, decision, decisionId, by, decidedAt } = data as Told;
  return { kind, wait, decision, decisionId, by, decidedAt };
}

function toldEnd({ type: kind, time: at, data }: PipelineEvent): Told {
  const { status, undo, error } = data as Told & { error?: StatusError };
  return { kind, status, at, undo, error: kindOf(error) };
}

function kindOf(error: StatusError | undefined): Told | undefined {
  return error === undefined ? undefined : { type: error.type, code: error.code };
}
