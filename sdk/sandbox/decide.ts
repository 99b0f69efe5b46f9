import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import { type Decided, DecideInput, decideUpdate } from '../authoring/decision.js';
import { HeadraceError } from '../authoring/errors.js';
import { refuseOversize } from '../authoring/payload-size.js';
import { parse } from '../authoring/schema.js';
import { checkWho } from './check-who.js';
import type { RunState } from './run-state.js';
import { vouched } from './trust.js';
import type { Wait } from './wait.js';

const decide = defineUpdate<Decided, [DecideInput]>(decideUpdate);
/** What the client allows, and room for a signature. */
const maximumDecision = 101_000;

/** Takes decisions from the run's first moment. A decision that cannot count is refused by the validator and leaves no event. */
export function takeDecisions(run: RunState): void {
  setHandler(decide, (input) => orRefuse(() => settle(run, input)), { validator: (input: DecideInput) => void orRefuse(() => validate(run, input)) });
}

/** Who decides is checked here alone: what was taken once is taken in every replay, whichever keys are trusted and roles are asked for then. */
function validate(run: RunState, input: DecideInput): void {
  vouched(readDecision(input));
  const wait = check(run, input);
  if (given(wait, input) === undefined) checkWho(wait.approval, input);
}

/** An error that is no failure of Temporal's would fail the workflow task, for ever. */
function orRefuse<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw refusal(error);
  }
}

/**
 * Decides, or says what was decided already.
 *
 * @throws HeadraceError already_decided when another decision was first
 */
export function settle(run: RunState, input: DecideInput): Decided {
  const wait = check(run, input);
  return given(wait, input) ?? wait.outcome ?? count(wait, input);
}

/** What was answered to the same decision before. */
function given({ approvals, outcome }: Wait, { decisionId }: DecideInput): Decided | undefined {
  return [...approvals, outcome].find((it) => it?.decisionId === decisionId);
}

/** One who declines ends it; of those who approve, the last that is needed does. */
function count(wait: Wait, input: DecideInput): Decided {
  const said = outcome(wait, input);
  const missing = said.decision === 'approve' ? wait.approval.required - wait.approvals.length - 1 : 0;
  if (missing <= 0) {
    wait.outcome = said;
    return said;
  }
  const partial = { ...said, missing };
  wait.approvals.push(partial);
  return partial;
}

function outcome({ asked, approval }: Wait, input: DecideInput): Decided {
  const { decision, decisionId, comment, by } = input;
  const answer = decision === 'approve' ? parse(approval.answer, input.answer, 'answer', 'wrong_answer') : input.answer;
  return { wait: asked.id, approval: approval.id, decision, decisionId, answer, comment, by, at: new Date().toISOString() };
}

function check(run: RunState, input: DecideInput): Wait {
  const decision = readDecision(input);
  const asked = run.waits.filter(({ asked: { id }, approval }) => id === decision.approval || approval.id === decision.approval);
  const repeated = asked.find((wait) => given(wait, decision) !== undefined);
  if (repeated !== undefined) return repeated;
  const open = asked.find((wait) => wait.outcome === undefined);
  if (open === undefined) throw notOpen(run, decision.approval, asked.at(-1));
  if (Date.now() >= open.deadline) throw tooLate(open);
  if (decision.decision === 'approve') checkApproval(open, decision);
  return open;
}

/** Who approves twice counts once, and may still decline. */
function checkApproval({ approval, approvals }: Wait, { answer, by }: DecideInput): void {
  const before = approvals.find((it) => it.by === by);
  if (before !== undefined) throw decided(before);
  parse(approval.answer, answer, `The answer to ${approval.id}`, 'wrong_answer');
}

function readDecision(input: DecideInput): DecideInput {
  const decision = parse(DecideInput, input, 'The decision', 'wrong_answer');
  refuseOversize(decision, 'The decision', maximumDecision);
  return decision;
}

function notOpen(run: RunState, asked: string, last: Wait | undefined): HeadraceError {
  if (last?.outcome !== undefined) return decided(last.outcome);
  const declared = run.pipeline.approvals.map(({ id }) => id);
  if (declared.includes(asked)) return new HeadraceError(`The run is not waiting for '${asked}'.`, { code: 'not_waiting', where: asked });
  const known = declared.join(', ') || 'none';
  return new HeadraceError(`The pipeline ${run.pipeline.id} has no approval '${asked}'. It has: ${known}.`, { code: 'unknown_approval', where: asked });
}

function decided(outcome: Decided): HeadraceError {
  const who = outcome.by === undefined ? '' : ` by ${outcome.by}`;
  const what = { approve: 'approved', decline: 'declined', expired: 'expired', withdrawn: 'withdrawn' }[outcome.decision];
  const more = outcome.missing === undefined ? '' : ` ${outcome.missing} more must approve: somebody else.`;
  return Object.assign(
    new HeadraceError(`'${outcome.approval}' was ${what}${who} at ${outcome.at}.${more}`, { code: 'already_decided', where: outcome.approval }),
    {
      decided: outcome,
    },
  );
}

function tooLate(wait: Wait): HeadraceError {
  const at = wait.asked.deadline;
  return Object.assign(new HeadraceError(`'${wait.approval.id}' expired at ${at}.`, { code: 'already_decided', where: wait.approval.id }), {
    decided: { wait: wait.asked.id, approval: wait.approval.id, decision: 'expired', at } satisfies Decided,
  });
}

/** A refusal in the form in which Temporal carries it to the caller: the code and what was decided are in its details. */
export function refusal(error: unknown): ApplicationFailure {
  const { message, code, fix, where, decided } = error as HeadraceError & { decided?: Decided };
  return ApplicationFailure.create({ type: 'Refused', message, nonRetryable: true, details: [{ code, fix, where, decided }] });
}
