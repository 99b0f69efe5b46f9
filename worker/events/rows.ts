import type { WaitRecord } from '../../sdk/authoring/run-memo.js';
import { attemptsOf, type Call } from '../../sdk/node/status/call.js';
import type { ApprovalOutcome, RunStateName } from '../../sdk/node/status/run-status.js';
import type { NewApproval, NewPipelineExecution, NewStepCall } from '../registry/database.js';
import { safeJson, safeText } from '../registry/safe-json.js';
import type { ExecutionFold } from './execution-fold.js';
import { digestOf } from './happening.js';
import { measuresOf } from './measures.js';

/** What may change of a run's row while it goes on. */
export function runChange(fold: ExecutionFold) {
  const { ending } = fold;
  const measures = measuresOf(ending?.output);
  return {
    current_execution_id: fold.executionId,
    status: ending?.state ?? openState(fold),
    output: safeJson(ending?.output),
    error: safeJson(ending?.error),
    reason: ending?.reason === undefined ? null : safeText(ending.reason),
    undo: fold.undo,
    retries: [...fold.gathered.calls.all.values()].reduce((sum, call) => sum + attemptsOf(call) - 1, 0),
    total_rows: fold.rows ?? null,
    inserts: measures.inserts ?? null,
    updates: measures.updates ?? null,
    soft_deletes: measures.softDeletes ?? null,
    watermark: measures.watermark ?? null,
    end_date: ending === undefined ? null : new Date(ending.at),
    duration_ms: ending === undefined ? null : Math.max(0, ending.at - fold.startedAt),
    completed_successfully: ending === undefined ? null : ending.state === 'SUCCEEDED',
  };
}

/** A new run's row. */
export function newRun(fold: ExecutionFold, pipeline_id: number, workflow_id: string, run_id: string): NewPipelineExecution {
  const { facts } = fold;
  return {
    ...runChange(fold),
    pipeline_id,
    workflow_id,
    run_id,
    tenant: facts?.tenant,
    trigger: facts?.trigger ?? 'temporal',
    partition_key: facts?.partition ?? null,
    input: safeJson(facts?.input),
    start_date: new Date(fold.startedAt),
    parent_execution_id: facts?.parent?.executionId ?? null,
  };
}

/** RETRYING is no part of it: the history does not know of attempts before the last (DESIGN §3.3). */
function openState({ gathered }: ExecutionFold): RunStateName {
  return gathered.approvals.pending().length > 0 ? 'WAITING_FOR_APPROVAL' : 'RUNNING';
}

export function callRow(call: Call, pipeline_execution_id: number, execution_id: string): NewStepCall {
  const { rows, bytes, engine } = measuresOf(call.output);
  const { callId, name, status, order, place, fast, calledAt, endedAt, error } = call;
  return {
    pipeline_execution_id,
    execution_id,
    call_id: callId,
    step: name,
    status,
    attempts: attemptsOf(call),
    history_event: order,
    engine: engine?.name ?? null,
    engine_id: engine?.id ?? null,
    engine_link: engine?.link ?? null,
    rows: rows ?? null,
    bytes: bytes ?? null,
    phase: place.phase ?? null,
    undo: place.undo === true,
    notification: place.notification === true,
    fast,
    started_at: new Date(calledAt),
    ended_at: endedAt === undefined ? null : new Date(endedAt),
    duration_ms: endedAt === undefined ? null : Math.max(0, endedAt - calledAt),
    error: safeJson(error),
  };
}

/** A step that was left out, as a row among the calls. */
export function skipRow(step: string, reason: string, event: number, at: number, id: { pipeline_execution_id: number; execution_id: string }): NewStepCall {
  const moment = new Date(at);
  return {
    ...id,
    call_id: `skip:${event}:${step}`,
    step,
    status: 'SKIPPED',
    attempts: 0,
    history_event: event,
    started_at: moment,
    ended_at: moment,
    error: null,
    reason: safeText(reason),
  };
}

export function approvalRow(wait: WaitRecord, outcome: ApprovalOutcome | undefined, pipeline_execution_id: number, execution_id: string): NewApproval {
  return {
    pipeline_execution_id,
    execution_id,
    wait_id: wait.id,
    approval: wait.approval,
    question: safeText(wait.question),
    evidence: safeJson(wait.evidence),
    evidence_digest: digestOf(wait),
    since: wait.since,
    deadline: wait.deadline,
    decision: outcome?.decision ?? null,
    decision_id: outcome?.decisionId === undefined ? null : safeText(outcome.decisionId),
    answer: safeJson(outcome?.answer),
    comment: outcome?.comment === undefined ? null : safeText(outcome.comment),
    decided_by: outcome?.by === undefined ? null : safeText(outcome.by),
    decided_at: outcome?.at ?? null,
  };
}
