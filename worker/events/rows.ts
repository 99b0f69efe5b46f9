import { attemptsOf, type Call } from '../../sdk/node/status/call.js';
import type { RunStateName } from '../../sdk/node/status/run-status.js';
import type { NewApproval, NewPipelineExecution, NewStepCall } from '../registry/database.js';
import { requiredJson, safeText } from '../registry/safe-json.js';
import type { Sealing } from '../registry/sealing.js';
import type { ExecutionFold } from './execution-fold.js';
import { digestOf, type Happening } from './happening.js';
import { measuresOf } from './measures.js';

/** What may change of a run's row while it goes on. */
export function runChange(fold: ExecutionFold, sealing: Sealing) {
  const { ending } = fold;
  const measures = measuresOf(ending?.output);
  const { watermark, ...end } = runEnd(fold);
  return {
    ...end,
    watermark: sealing.text(watermark),
    current_execution_id: fold.executionId,
    status: ending?.state ?? openState(fold),
    output: sealing.json(ending?.output),
    error: sealing.json(ending?.error),
    reason: sealing.text(ending?.reason),
    undo: fold.undo,
    retries: fold.retries,
    total_rows: fold.rows ?? null,
    inserts: measures.inserts ?? null,
    updates: measures.updates ?? null,
    soft_deletes: measures.softDeletes ?? null,
    duration_ms: ending === undefined ? null : Math.max(0, ending.at - fold.startedAt),
  };
}

/** When and how a run ended, and to where it brought its pipeline's data. */
export function runEnd({ ending }: ExecutionFold) {
  return {
    watermark: measuresOf(ending?.output).watermark ?? null,
    end_date: ending === undefined ? null : new Date(ending.at),
    completed_successfully: ending === undefined ? null : ending.state === 'SUCCEEDED',
  };
}

/** A new run's row. */
export function newRun(fold: ExecutionFold, pipeline_id: number, workflow_id: string, run_id: string, sealing: Sealing): NewPipelineExecution {
  const { facts } = fold;
  return {
    ...runChange(fold, sealing),
    pipeline_id,
    workflow_id,
    run_id,
    tenant: facts?.tenant,
    trigger: facts?.trigger ?? 'temporal',
    partition_key: facts?.partition ?? null,
    started_by: facts?.startedBy === undefined ? null : safeText(facts.startedBy),
    input: sealing.json(facts?.input),
    start_date: new Date(fold.startedAt),
    parent_execution_id: facts?.parent?.executionId ?? null,
  };
}

/** RETRYING is no part of it: the history does not know of attempts before the last (DESIGN §3.3). */
function openState({ gathered }: ExecutionFold): RunStateName {
  return gathered.approvals.pending().length > 0 ? 'WAITING_FOR_APPROVAL' : 'RUNNING';
}

export function callRow(call: Call, pipeline_execution_id: number, execution_id: string, sealing: Sealing): NewStepCall {
  const { rows, bytes, cost, engine } = measuresOf(call.output);
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
    engine_id: sealing.text(engine?.id),
    engine_link: sealing.text(engine?.link),
    rows: rows ?? null,
    bytes: bytes ?? null,
    cost: cost === undefined ? null : requiredJson(cost),
    phase: place.phase ?? null,
    undo: place.undo === true,
    notification: place.notification === true,
    fast,
    started_at: new Date(calledAt),
    ended_at: endedAt === undefined ? null : new Date(endedAt),
    duration_ms: endedAt === undefined ? null : Math.max(0, endedAt - calledAt),
    error: sealing.json(error),
  };
}

/** A step that was left out, as a row among the calls. */
export function skipRow({ data, event, at }: Happening, id: { pipeline_execution_id: number; execution_id: string }, sealing: Sealing): NewStepCall {
  const step = String(data.step);
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
    reason: sealing.text(String(data.reason)),
  };
}

export function approvalRow(
  { wait, approved, outcome }: ReturnType<ExecutionFold['changedApprovals']>[number],
  id: { pipeline_execution_id: number; execution_id: string },
  sealing: Sealing,
): NewApproval {
  return {
    ...id,
    wait_id: wait.id,
    approval: wait.approval,
    question: safeText(wait.question),
    evidence: sealing.json(wait.evidence),
    evidence_digest: digestOf(wait),
    since: wait.since,
    deadline: wait.deadline,
    decision: outcome?.decision ?? null,
    decision_id: outcome?.decisionId === undefined ? null : safeText(outcome.decisionId),
    answer: sealing.json(outcome?.answer),
    comment: sealing.text(outcome?.comment),
    decided_by: outcome?.by === undefined ? null : safeText(outcome.by),
    decided_at: outcome?.at ?? null,
    required: wait.required ?? 1,
    roles: wait.roles === undefined ? null : requiredJson(wait.roles),
    not_starter: wait.notStarter === true,
    votes: wait.required === undefined ? null : sealing.json(approved),
  };
}
