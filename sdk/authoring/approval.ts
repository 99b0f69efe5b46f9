import * as z from 'zod';
import { checkId, checkOptions, checkSchema, checkValues } from './declaration.js';
import { type Duration, toMilliseconds } from './duration.js';
import type { JsonSafe } from './schema.js';

/** An approval that more people must give is a vote. */
const mostPeople = 20;

interface ApprovalOptions {
  /** What the approver is asked, in a sentence that somebody who is no engineer understands. */
  question: string;
  /** How long the run waits; 4 hours unless said (SPEC §4). */
  within?: Duration;
  /** Who may decide: people with one of these roles on the pipeline; everybody who may decide at all unless said. */
  roles?: readonly [string, ...string[]];
  /** How many different people must approve; 1 unless said. The first who declines ends it. */
  required?: number;
  /** Whoever started the run may not decide. */
  notStarter?: true;
}

/** A question that a run may ask people, with the form of the answer. */
export interface Approval<Id extends string, A extends z.ZodType> {
  readonly id: Id;
  readonly question: string;
  readonly answer: A;
  /** Milliseconds. */
  readonly within: number;
  /** Empty for everybody. */
  readonly roles: readonly string[];
  readonly required: number;
  readonly notStarter: boolean;
}

export type AnyApproval = Approval<string, z.ZodType>;

/** What somebody decided, and when. */
export interface Approved<Answer> {
  answer: Answer;
  /** Who decided, as the API knows them. */
  by: string | undefined;
  comment: string | undefined;
  /** ISO 8601, UTC. */
  at: string;
}

/** What was decided. Where several people must approve, the last one's answer. */
export interface Decision<Answer> extends Approved<Answer> {
  /** All who approved, in their order. */
  all: readonly Approved<Answer>[];
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
 *   required: 2,
 *   notStarter: true,
 * });
 */
export function approval<const Id extends string, A extends z.ZodType = z.ZodVoid>(
  id: Id,
  declaration: ApprovalOptions & { answer?: A & JsonSafe<A> },
): Approval<Id, A> {
  const answer = (declaration.answer ?? z.void()) as z.ZodType as A;
  checkId('approval', id);
  checkOptions(`approval ${id}`, declaration, ['question', 'answer', 'within', 'roles', 'required', 'notStarter']);
  checkSchema(`the answer of approval ${id}`, answer);
  const { question, within = '4 hours', roles = [], required = 1, notStarter = false } = declaration;
  checkValues(`approval ${id}`, () => checkWho(roles, required));
  checkValues(`approval ${id}`, () => toMilliseconds(within));
  return { id, question, answer, within: toMilliseconds(within), roles, required, notStarter };
}

/** Who may decide, as far as it is said: most approvals are one person's, whoever that is. */
export function whoMay({ required, roles, notStarter }: Pick<AnyApproval, 'required' | 'roles' | 'notStarter'>) {
  return { ...(required > 1 ? { required } : {}), ...(roles.length > 0 ? { roles } : {}), ...(notStarter ? ({ notStarter: true } as const) : {}) };
}

function checkWho(roles: readonly string[], required: number): void {
  if (!Number.isInteger(required) || required < 1 || required > mostPeople) throw new TypeError(`required is ${required}, and must be 1 to ${mostPeople}.`);
  const wrong = roles.find((role) => !/^[A-Za-z][\w.-]{0,63}$/.test(role));
  if (wrong !== undefined) throw new TypeError(`'${wrong}' cannot be a role: write a name such as finance.`);
}
