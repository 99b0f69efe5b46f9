import type { Exchange, FlakyFront } from '../flaky-front.js';

/** When the way to Trino breaks: before a statement reaches it, when it is accepted and has not begun, or when it is done and its answer is on its way. */
export type Moment = 'sent' | 'accepted' | 'done';

/** Cuts the way to Trino for one kind of statement. */
export class LostAnswers {
  /** Trino's ids of the statements. */
  readonly queries: string[] = [];
  /** Whether something was lost. */
  happened = false;
  private over = false;

  private constructor(
    private readonly verb: string,
    private readonly moment: Moment,
  ) {}

  /** @param verb with which the statements begin */
  static of(front: FlakyFront, verb: string, moment: Moment): LostAnswers {
    const lost = new LostAnswers(verb, moment);
    front.loses = (exchange) => {
      const now = lost.loses(exchange);
      lost.happened ||= now;
      return now;
    };
    return lost;
  }

  private loses({ method, path, body, reply }: Exchange): boolean {
    if (method === 'POST' && body.startsWith(this.verb)) {
      if (this.moment === 'sent') return true;
      if (reply !== undefined) this.queries.push((JSON.parse(reply) as { id: string }).id);
      return false;
    }
    if (!this.queries.some((query) => path.includes(query))) return false;
    if (this.moment === 'accepted') return true;
    this.over ||= reply?.includes('"state":"FINISHED"') === true;
    return this.over;
  }
}
