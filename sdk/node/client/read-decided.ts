import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Decided, DecideInput } from '../../authoring/decision.js';
import { formatDuration } from '../../authoring/duration.js';
import { HeadraceError } from '../../authoring/errors.js';
import { readRun } from '../status/read-run.js';
import type { ApprovalOutcome, RunStatus } from '../status/run-status.js';
import { statusOf } from '../status/status-of.js';
import { DecisionRefused } from './decision-refused.js';
import type { Temporal } from './temporal.js';

/**
 * What the history says of a decision that the run did not answer: a repeat gets the same answer, also after the run's end.
 *
 * @throws DecisionRefused already_decided or run_ended; HeadraceError no_worker when the run is still there to answer
 */
export async function readDecided(temporal: Temporal, workflowId: string, input: DecideInput, error: unknown, within: number): Promise<Decided> {
  const { described, events } = await readRun(temporal, workflowId);
  const status = statusOf(described, events);
  const asked = status.approvals.filter(({ id, approval }) => id === input.approval || approval === input.approval);
  const same = asked.find(({ decisionId }) => decisionId === input.decisionId);
  if (same !== undefined) return decidedAs(same);
  const partial = oneOfSeveral(status, input);
  if (partial !== undefined) return partial;
  if (status.endedAt !== undefined) throw tooLate(status, input.approval, asked.at(-1));
  throw error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ? noWorker(status, within) : error;
}

/** The same decision, where it was one of several that were needed. */
function oneOfSeveral({ approvals, pendingSignals }: RunStatus, { approval: wanted, decisionId }: DecideInput): Decided | undefined {
  const asks = [...approvals, ...pendingSignals.map(({ name, ...rest }) => ({ ...rest, approval: name }))];
  return asks
    .filter(({ id, approval }) => id === wanted || approval === wanted)
    .flatMap(({ id, approval, approved = [] }) => approved.map((it) => ({ ...it, wait: id, approval, decision: 'approve' as const })))
    .find((it) => it.decisionId === decisionId);
}

function decidedAs({ id, question: _, since: __, approved: ___, ...rest }: ApprovalOutcome): Decided {
  return { ...rest, wait: id };
}

function tooLate({ workflowId, status, endedAt }: RunStatus, approval: string, last: ApprovalOutcome | undefined): DecisionRefused {
  const ended = `The run ended ${status} at ${endedAt}.`;
  if (last === undefined || last.decision === 'withdrawn') return new DecisionRefused(ended, { code: 'run_ended', where: workflowId });
  const what = { approve: 'approved', decline: 'declined', expired: 'expired' }[last.decision];
  const who = last.by === undefined ? '' : ` by ${last.by}`;
  return new DecisionRefused(`'${approval}' was ${what}${who} at ${last.at}. ${ended}`, { code: 'already_decided', where: approval, decided: decidedAs(last) });
}

function noWorker({ workflowId, problem }: RunStatus, within: number): HeadraceError {
  const why = problem === undefined ? '' : ` ${problem}`;
  return new HeadraceError(`No worker took the decision within ${formatDuration(within)}.${why}`, { code: 'no_worker', where: workflowId });
}
