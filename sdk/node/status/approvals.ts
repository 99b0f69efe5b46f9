import type { Decided } from '../../authoring/decision.js';
import { signedDecisions } from '../../authoring/decision-signature.js';
import { asksWho, type WaitRecord } from '../../authoring/run-memo.js';
import { decodeFirst, type HistoryEvent, iso, milliseconds } from './history-event.js';
import type { ApprovalOutcome, ApprovedBy } from './run-status.js';

interface Ask {
  asked: WaitRecord;
  /** When the run no longer waited for it, in milliseconds. */
  goneAt?: number;
  /** The last raw signal that fits it. */
  signal?: { decision: 'approve' | 'decline'; at: number };
}

/** What a run asked people and what was decided, gathered event by event. */
export class Approvals {
  private readonly asks = new Map<string, Ask>();
  private readonly decided = new Map<string, Decided>();
  private readonly approved = new Map<string, ApprovedBy[]>();
  /** Whether the run says that signals decide nothing. */
  private signed = false;

  take(event: HistoryEvent): void {
    const outcome = decodeFirst(event.workflowExecutionUpdateCompletedEventAttributes?.outcome?.success) as Partial<Decided> | undefined;
    if (typeof outcome?.wait === 'string' && typeof outcome.decision === 'string') this.decide(outcome as Decided);
    this.signal(event);
    if (isPatch(event, signedDecisions)) this.signed = true;
  }

  /** Takes the list of what the run waits for as it wrote it. */
  waiting(waits: readonly WaitRecord[], at: number): void {
    for (const asked of waits) if (!this.asks.has(asked.id)) this.asks.set(asked.id, { asked });
    const ids = new Set(waits.map(({ id }) => id));
    for (const ask of this.open()) if (!ids.has(ask.asked.id)) ask.goneAt = at;
  }

  /** What is waited for now. */
  pending(): WaitRecord[] {
    return this.open().map(({ asked }) => asked);
  }

  /** Who approved of it while more people must. */
  given(wait: string): readonly ApprovedBy[] {
    return this.approved.get(wait) ?? [];
  }

  /** What has its outcome, in the order in which it was asked. */
  outcomes(endedAt: number | undefined): ApprovalOutcome[] {
    return [...this.asks.values()].flatMap((ask) => {
      const at = ask.goneAt ?? endedAt;
      if (at === undefined && !this.decided.has(ask.asked.id)) return [];
      return [this.conclude(ask, at ?? 0)];
    });
  }

  private decide(decided: Decided): void {
    const { wait, approval: _, decision: __, ...approvedBy } = decided;
    const before = this.given(wait);
    if (decided.missing === undefined) this.decided.set(wait, decided);
    // The same decision may be answered twice.
    else if (!before.some(({ decisionId }) => decisionId === decided.decisionId)) this.approved.set(wait, [...before, approvedBy]);
  }

  private open(): Ask[] {
    return [...this.asks.values()].filter(({ goneAt }) => goneAt === undefined);
  }

  private conclude(ask: Ask, at: number): ApprovalOutcome {
    const approved = this.given(ask.asked.id);
    return { ...this.outcomeOf(ask, at), ...(approved.length === 0 ? {} : { approved: [...approved] }) };
  }

  private outcomeOf({ asked, signal }: Ask, at: number): ApprovalOutcome {
    const { id, approval, question, since, deadline } = asked;
    const known = this.decided.get(id);
    if (known !== undefined) {
      const { wait: _, ...rest } = known;
      return { id, question, since, ...rest };
    }
    if (at >= Date.parse(deadline)) return { id, question, since, approval, decision: 'expired', at: deadline };
    if (signal !== undefined && !this.signed && !asksWho(asked)) return { id, question, since, approval, decision: signal.decision, at: iso(signal.at) };
    return { id, question, since, approval, decision: 'withdrawn', at: iso(at) };
  }

  /** A raw signal's decision is written nowhere but in the signal itself. */
  private signal(event: HistoryEvent): void {
    const signalled = event.workflowExecutionSignaledEventAttributes;
    if (signalled == null) return;
    const name = signalled.signalName ?? '';
    const data = (decodeFirst(signalled.input) ?? {}) as { approval?: unknown; decision?: unknown };
    const verb = name === 'approve' || name === 'decline';
    const wanted = verb ? data.approval : name;
    const ask = this.open().find(({ asked }) => (verb && wanted === undefined) || asked.approval === wanted || asked.id === wanted);
    const decision = (verb ? name : data.decision) === 'decline' ? 'decline' : 'approve';
    if (ask !== undefined) ask.signal = { decision, at: milliseconds(event.eventTime) };
  }
}

/** Whether an event is the marker that Temporal's SDK writes for a patch. */
function isPatch({ markerRecordedEventAttributes: marker }: HistoryEvent, id: string): boolean {
  if (marker?.markerName !== 'core_patch') return false;
  const { id: found } = (decodeFirst(marker.details?.['patch-data']) ?? {}) as { id?: unknown };
  return found === id;
}
