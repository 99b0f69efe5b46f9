import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { type Decided, DecideInput, decideUpdate } from '../../authoring/decision.js';
import { HeadraceError } from '../../authoring/errors.js';
import { refuseOversize } from '../../authoring/payload-size.js';
import { parse } from '../../authoring/schema.js';
import { DecisionRefused } from './decision-refused.js';
import { readDecided } from './read-decided.js';
import { refuseDeep } from './refuse-deep.js';
import { signDecision, type Voucher } from './sign-decision.js';
import { answerTime, type Temporal } from './temporal.js';

/** Bytes, beside a signature. */
const maximumDecision = 100_000;

/** What a decision says beside yes or no. */
export interface DecisionOptions {
  comment?: string;
  /** Who decides. */
  by?: string;
  /** Their roles on the pipeline. */
  roles?: string[];
  /** The same decision sent again carries the same id, and is harmless; random unless given. */
  decisionId?: string;
  /** Signs it, for workers that take no other decisions. */
  voucher?: Voucher;
  /** Milliseconds that a worker may take to answer. */
  within?: number;
}

/**
 * Decides an approval. The reply always equals what the run does: the run's own state machine decides, and after its end
 * the history says what was decided.
 *
 * @throws DecisionRefused already_decided, run_ended, not_waiting, unknown_approval, wrong_answer;
 *   HeadraceError no_worker, unknown_run, no_temporal
 */
export async function decide(temporal: Temporal, workflowId: string, decision: Omit<DecideInput, 'decisionId'>, options: DecisionOptions): Promise<Decided> {
  const { comment, by, roles, voucher, decisionId = randomUUID(), within = answerTime } = options;
  refuseDeep(decision.answer, 'The answer', 'wrong_answer');
  const unsigned = parse(DecideInput, { ...decision, comment, by, roles, decisionId }, 'The decision', 'wrong_answer');
  refuseOversize(unsigned, 'The decision', maximumDecision);
  const input = voucher === undefined ? unsigned : await signDecision(temporal, workflowId, unsigned, voucher);
  const decided = await send(temporal, workflowId, input, within);
  if (isSame(decided, input)) return decided;
  throw new DecisionRefused(`The decision id '${decisionId}' was used to ${decided.decision} '${decided.wait}'.`, {
    code: 'decision_id_used',
    where: input.approval,
    decided,
  });
}

function isSame(decided: Decided, { approval, decision, by }: DecideInput): boolean {
  return (decided.approval === approval || decided.wait === approval) && decided.decision === decision && decided.by === by;
}

async function send(temporal: Temporal, workflowId: string, input: DecideInput, within: number): Promise<Decided> {
  try {
    const ask = { updateId: input.decisionId, args: [input] as [DecideInput] };
    return await temporal.ask(({ workflow }) => workflow.getHandle(workflowId).executeUpdate<Decided, [DecideInput]>(decideUpdate, ask), undefined, within);
  } catch (error) {
    throwRefusal(error);
    if (!mayHaveEnded(error)) throw error;
    return readDecided(temporal, workflowId, input, error, within);
  }
}

/** A refusal of the run's own, in the form in which the sandbox makes it. */
function throwRefusal(error: unknown): void {
  const { cause } = error as Error;
  if (!(error instanceof WorkflowUpdateFailedError) || !(cause instanceof ApplicationFailure) || cause.type !== 'Refused') return;
  const { code, fix, where, decided } = (cause.details?.[0] ?? {}) as { code?: string; fix?: string; where?: string; decided?: Decided };
  throw new DecisionRefused(cause.message, { code, fix, where, decided });
}

/** Whether the history must be asked: the run has ended, ended with this decision or before it, or nobody answered. */
function mayHaveEnded(error: unknown): boolean {
  if (error instanceof HeadraceError) return error.code === 'no_temporal';
  return [WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowNotFoundError].some((kind) => error instanceof kind);
}
