import { condition } from '@temporalio/workflow';
import { type AnyApproval, type Approved, type Decision, whoMay } from '../authoring/approval.js';
import type { Decided } from '../authoring/decision.js';
import { formatDuration, toMilliseconds } from '../authoring/duration.js';
import { ApprovalExpired, Declined, HeadraceError, RunTimedOut } from '../authoring/errors.js';
import type { Ask } from '../authoring/flow.js';
import { refuseOversize } from '../authoring/payload-size.js';
import { checkApproval } from './check-arguments.js';
import type { RunState } from './run-state.js';
import type { Wait } from './wait.js';

const maximumEvidence = 100_000;
/** A run's memo may have 2 MB. */
const maximumEvidenceAtOnce = 1_000_000;

/**
 * Asks people and waits. The run's own state machine decides between an answer and the deadline, so that a reply always
 * equals what the run does, even when both arrive in one moment.
 *
 * @throws Declined, ApprovalExpired, or RunTimedOut when the run's deadline comes first
 */
export async function approve(run: RunState, approval: AnyApproval, ask: Ask = {}): Promise<Decision<unknown>> {
  checkApproval(approval);
  checkDeclared(run, approval);
  refuseOversize(ask.evidence, `The evidence for ${approval.id}`, maximumEvidence);
  const others = stillOpen(run).map(({ evidence }) => evidence);
  refuseOversize([...others, ask.evidence], 'The evidence of all that the run asks at once', maximumEvidenceAtOnce);
  const within = ask.within === undefined ? approval.within : toMilliseconds(ask.within);
  const time = Math.max(1, Math.min(within, run.remaining() ?? within));
  const wait = open(run, approval, ask.evidence, time);
  try {
    await condition(() => wait.outcome !== undefined, time, { summary: `approval ${approval.id}` });
    return conclude(run, wait, ask.reason ?? `Nobody decided on '${approval.id}' within ${formatDuration(within)}.`, ask.reason);
  } finally {
    wait.outcome ??= undecided(wait);
    run.record.waiting(stillOpen(run));
  }
}

function checkDeclared(run: RunState, approval: AnyApproval): void {
  if (run.pipeline.approvals.some(({ id }) => id === approval.id)) return;
  throw new HeadraceError(`The approval '${approval.id}' is not declared by the pipeline ${run.pipeline.id}.`, {
    code: 'unknown_approval',
    where: approval.id,
    fix: `Add it to the pipeline's options: approvals: [${approval.id}].`,
  });
}

function open(run: RunState, approval: AnyApproval, evidence: unknown, time: number): Wait {
  const now = Date.now();
  const deadline = now + time;
  const since = new Date(now).toISOString();
  const asked = {
    id: run.nextId(approval.id),
    approval: approval.id,
    question: approval.question,
    evidence,
    since,
    deadline: new Date(deadline).toISOString(),
    ...whoMay(approval),
  };
  const wait: Wait = { asked, approval, deadline, approvals: [] };
  run.waits.push(wait);
  run.record.waiting(stillOpen(run));
  return wait;
}

function stillOpen(run: RunState): Wait['asked'][] {
  return run.waits.filter(({ outcome }) => outcome === undefined).map(({ asked }) => asked);
}

function conclude(run: RunState, wait: Wait, expired: string, declined: string | undefined): Decision<unknown> {
  const { outcome, approval } = wait;
  if (outcome === undefined) {
    if ((run.remaining() ?? 1) <= 0) throw new RunTimedOut(`The run's maxDuration was over while it waited for ${approval.id}.`, { where: approval.id });
    throw new ApprovalExpired(approval.id, expired);
  }
  if (outcome.decision === 'decline') throw new Declined(approval.id, declined ?? outcome.comment ?? `'${approval.id}' was declined.`, outcome.by);
  return { ...approved(outcome), all: [...wait.approvals, outcome].map(approved) };
}

function approved({ answer, by, comment, at }: Decided): Approved<unknown> {
  return { answer, by, comment, at };
}

/** Before its deadline, a question ends undecided when the run was cancelled or failed. */
function undecided({ asked, approval, deadline }: Wait): NonNullable<Wait['outcome']> {
  return { wait: asked.id, approval: approval.id, decision: Date.now() >= deadline ? 'expired' : 'withdrawn', at: new Date().toISOString() };
}
