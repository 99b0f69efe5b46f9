import type { Duration } from '../authoring/duration.js';
import type { PendingSignal } from '../node/status/run-status.js';

/** Who says what, and how long after the question. */
interface Saying {
  /** Somebody who may decide unless said: where several must approve, another one each time. */
  by?: string;
  /** Those that the approval asks for unless said. */
  roles?: readonly string[];
  comment?: string;
  /** The time between question and decision; none unless given. On a server that skips time it passes at once. */
  after?: Duration;
}

/** What happens to an approval in a test: a decision now or later, or none until its deadline. */
export type Decide = 'approve' | 'decline' | 'expire' | ({ answer: unknown } & Saying) | ({ decline: true } & Saying);

/** The reply to an approval, or a function of what is asked, called once for each ask, and again for each person that is still missing. */
export type Reply = Decide | ((ask: PendingSignal) => Decide | Promise<Decide>);

/** A reply in full; undefined where nobody decides. */
export interface Decision extends Saying {
  decision: 'approve' | 'decline';
  answer?: unknown;
}

/** What a reply says to an ask. */
export async function decisionOf(reply: Reply, ask: PendingSignal): Promise<Decision | undefined> {
  const said = typeof reply === 'function' ? await reply(ask) : reply;
  if (said === 'expire') return undefined;
  const somebody = { by: somebodyFor(ask), roles: ask.roles };
  if (said === 'approve' || said === 'decline') return { decision: said, ...somebody };
  const { by = somebody.by, roles = somebody.roles, comment, after } = said;
  const saying = { by, roles, comment, after };
  return 'decline' in said ? { decision: 'decline', ...saying } : { decision: 'approve', answer: said.answer, ...saying };
}

function somebodyFor({ required, approved = [], notStarter }: PendingSignal): string | undefined {
  return required === undefined && notStarter === undefined ? undefined : `approver ${approved.length + 1}`;
}
