import * as z from 'zod';
import { checkId, checkOptions, checkSchema, checkValues } from './declaration.js';
import { type Duration, toMilliseconds } from './duration.js';
import type { JsonSafe } from './schema.js';

interface ApprovalOptions {
  /** What the approver is asked, in a sentence that somebody who is no engineer understands. */
  question: string;
  /** How long the run waits; 4 hours unless said (SPEC §4). */
  within?: Duration;
}

/** A question that a run may ask people, with the form of the answer. */
export interface Approval<Id extends string, A extends z.ZodType> {
  readonly id: Id;
  readonly question: string;
  readonly answer: A;
  /** Milliseconds. */
  readonly within: number;
}

export type AnyApproval = Approval<string, z.ZodType>;

/** What was decided, by whom and when. */
export interface Decision<Answer> {
  answer: Answer;
  /** Who decided, as the API knows them. */
  by: string | undefined;
  comment: string | undefined;
  /** ISO 8601, UTC. */
  at: string;
}

/**
 * Declares an approval.
 *
 * @param id permanent, and unique within a pipeline
 * @throws HeadraceError on a declaration that cannot work, when the module loads
 * @example
 * const releaseAnyway = approval('release_anyway', {
 *   question: 'Load this day although its quality is below the threshold?',
 *   answer: z.object({ reason: z.string().min(1) }),
 *   within: '4 hours',
 * });
 */
export function approval<const Id extends string, A extends z.ZodType = z.ZodVoid>(
  id: Id,
  declaration: ApprovalOptions & { answer?: A & JsonSafe<A> },
): Approval<Id, A> {
  const answer = (declaration.answer ?? z.void()) as z.ZodType as A;
  checkId('approval', id);
  checkOptions(`approval ${id}`, declaration, ['question', 'answer', 'within']);
  checkSchema(`the answer of approval ${id}`, answer);
  checkValues(`approval ${id}`, () => toMilliseconds(declaration.within ?? 0));
  return { id, question: declaration.question, answer, within: toMilliseconds(declaration.within ?? '4 hours') };
}
