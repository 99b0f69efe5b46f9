import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import { pendingSignal } from '../../sdk/node/status/pending-signal.js';
import type { ApprovalOutcome, ApprovedBy, PendingSignal } from '../../sdk/node/status/run-status.js';
import type { ApprovalRow } from '../registry/database.js';

/** What is waited for, as a run's status has it. */
export function recordedWait(row: ApprovalRow, pipeline: AnyPipeline | undefined): PendingSignal {
  const { wait_id: id, approval, question, evidence, since, deadline, required } = row;
  const who = {
    roles: (row.roles ?? undefined) as string[] | undefined,
    ...(required > 1 ? { required } : {}),
    ...(row.not_starter ? { notStarter: true as const } : {}),
  };
  const wait = { id, approval, question, evidence: evidence ?? undefined, since: since.toISOString(), deadline: deadline.toISOString(), ...who };
  return pendingSignal(wait, pipeline, (row.votes ?? []) as ApprovedBy[]);
}

/** What was decided, as a run's status has it. */
export function recordedOutcome(row: ApprovalRow): ApprovalOutcome {
  return {
    id: row.wait_id,
    approval: row.approval,
    decision: row.decision as ApprovalOutcome['decision'],
    at: (row.decided_at ?? row.since).toISOString(),
    decisionId: row.decision_id ?? undefined,
    answer: row.answer ?? undefined,
    comment: row.comment ?? undefined,
    by: row.decided_by ?? undefined,
    question: row.question,
    since: row.since.toISOString(),
    approved: (row.votes ?? undefined) as ApprovedBy[] | undefined,
  };
}
