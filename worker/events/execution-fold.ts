import type { WaitRecord } from '../../sdk/authoring/run-memo.js';
import { attemptsOf, type Call, isOpen, retriesOf } from '../../sdk/node/status/call.js';
import type { Ending } from '../../sdk/node/status/ending.js';
import { Gathered } from '../../sdk/node/status/gathered.js';
import { type HistoryEvent, milliseconds } from '../../sdk/node/status/history-event.js';
import type { ApprovalOutcome, ApprovedBy, LogLine, RunStatus } from '../../sdk/node/status/run-status.js';
import type { Earlier } from './earlier.js';
import { factsOf, type RunFacts } from './facts.js';
import { asked, decided, ended, type Happening, skipped, started, stepEnded } from './happening.js';
import { LostCalls } from './lost-calls.js';
import { measuresOf } from './measures.js';
import { type Moment, momentsOf, numberOf } from './moments.js';

/** A log line with the event that carries it. */
export interface Logged extends LogLine {
  event: number;
}

/** What the newly read events of an execution add to the run's record. */
export interface News {
  happenings: Happening[];
  logs: Logged[];
}

/** A call as it was recorded last. */
interface RecordedCall {
  status: Call['status'];
  attempts: number;
  signature: string;
}

/** Done by Temporal in a reset's name: the run goes on in another execution. */
const resetter = 'history-resetter';

/** One execution of a run as its events tell it so far, and what of it is recorded. */
export class ExecutionFold {
  readonly gathered = new Gathered();
  readonly waits = new Map<string, WaitRecord>();
  readonly outcomes = new Map<string, ApprovalOutcome>();
  facts: RunFacts | undefined;
  /** The number of the last event taken. */
  position = 0;
  /** When the last event taken happened. Milliseconds since the epoch. */
  lastAt = 0;
  /** The execution that goes on where this one ended, where the history names it. */
  next: string | undefined;
  /** Whether a reset ended it. */
  wasReset = false;
  /** Whether the run's own code was about to go on when this was read: more follows in a moment. */
  thinking = false;
  private readonly lost = new LostCalls();
  private readonly recorded = new Map<string, RecordedCall>();
  private readonly changedWaits = new Set<string>();
  private readonly approvedBy = new Map<string, number>();
  /** Up to here a reset copied the events of another execution. */
  private copied = 0;

  /** @param earlier what the run did before: its first execution, which begins it, has none */
  constructor(
    readonly executionId: string,
    private readonly earlier?: Earlier,
  ) {}

  /**
   * Takes the events that follow the last one taken.
   *
   * @param recordedTo up to this event everything is in the registry
   */
  take(events: readonly HistoryEvent[], recordedTo: number): News {
    this.copied = Math.max(this.copied, ...events.filter((it) => it.workflowTaskFailedEventAttributes?.newRunId === this.executionId).map(numberOf));
    const from = Math.max(recordedTo, this.copied);
    const last = events.at(-1);
    if (last !== undefined) this.thinking = last.workflowTaskScheduledEventAttributes != null || last.workflowTaskStartedEventAttributes != null;
    const news: News = { happenings: [], logs: [] };
    for (const moment of momentsOf(events)) {
      const happenings = this.takeMoment(moment, moment.last > from ? news.logs : []);
      if (moment.last <= from) this.markRecorded();
      else news.happenings.push(...happenings.filter(({ event }) => event > this.copied));
    }
    return news;
  }

  get startedAt(): number {
    return this.earlier?.startedAt ?? this.facts?.startedAt ?? 0;
  }

  /** How the run ended, where this execution's end is the run's. */
  get ending(): Ending | undefined {
    return this.wasReset || this.next !== undefined ? undefined : this.gathered.ending;
  }

  /** Whether the history is at its end. */
  get closed(): boolean {
    return this.gathered.ending !== undefined || this.next !== undefined;
  }

  /** The calls whose rows are not as they are now, with what was recorded of them. */
  changedCalls(): { call: Call; before: RecordedCall | undefined }[] {
    const all = [...this.gathered.calls.all.values()].map((call) => ({ call, before: this.recorded.get(call.callId) }));
    return all.filter(({ call, before }) => before?.signature !== signature(call));
  }

  /** The asks whose rows are not as they are now. */
  changedApprovals(): { wait: WaitRecord; approved: readonly ApprovedBy[]; outcome: ApprovalOutcome | undefined }[] {
    return [...this.changedWaits].flatMap((id) => {
      const wait = this.waits.get(id);
      return wait === undefined ? [] : [{ wait, approved: this.gathered.approvals.given(id), outcome: this.outcomes.get(id) }];
    });
  }

  markRecorded(): void {
    this.changedWaits.clear();
    for (const { call } of this.changedCalls()) {
      this.recorded.set(call.callId, { status: call.status, attempts: attemptsOf(call), signature: signature(call) });
    }
  }

  /** Attempts beyond the first, over all calls of the run. */
  get retries(): number {
    return (this.earlier?.retries ?? 0) + retriesOf(this.gathered.calls.all.values());
  }

  /** The rows of the run: what its output says, else what its loads do. */
  get rows(): number | undefined {
    const own = measuresOf(this.gathered.ending?.output).rows;
    if (own !== undefined) return own;
    const loads = [...this.gathered.calls.all.values()].filter(({ place, status }) => place.phase === 'load' && status === 'COMPLETED');
    const counts = [this.earlier?.loaded, ...loads.map(({ output }) => measuresOf(output).rows)].filter((it) => it !== undefined);
    return counts.length === 0 ? undefined : counts.reduce((sum, it) => sum + it, 0);
  }

  /** As status says it: a run that Temporal ended had no chance to undo (DESIGN §5.5). */
  get undo(): RunStatus['undo'] {
    const { undo } = this.gathered.memo.now;
    if (this.gathered.ending?.forced !== true) return undo ?? 'NONE';
    if (undo === 'DONE' || undo === 'FAILED') return undo;
    return this.gathered.calls.all.size > 0 ? 'UNCOMPENSATED' : 'NONE';
  }

  private takeMoment(moment: Moment, logs: Logged[]): Happening[] {
    const happenings = moment.events.flatMap((event) => this.takeEvent(event, logs));
    const at = milliseconds(moment.events.at(-1)?.eventTime);
    if (moment.answer) happenings.push(...this.lost.given(this.gathered.calls));
    this.noteApproved();
    happenings.push(...this.newOutcomes(moment.last, at));
    const { ending } = this;
    if (ending !== undefined) {
      happenings.push(...this.lost.given(this.gathered.calls), ended(ending, this.undo, this.rows, this.startedAt, moment.last));
      for (const call of this.gathered.calls.all.values()) if (isOpen(call)) call.status = 'ABANDONED';
    }
    return happenings;
  }

  private takeEvent(event: HistoryEvent, logs: Logged[]): Happening[] {
    const number = numberOf(event);
    const { gathered } = this;
    const { logs: lines, skips } = gathered.memo;
    const before = { logs: lines.length, skips: skips.length, calls: gathered.calls.all.size };
    gathered.take(event);
    this.position = number;
    this.lastAt = milliseconds(event.eventTime);
    const happenings: Happening[] = [];
    if (event.workflowExecutionStartedEventAttributes != null) {
      this.facts = factsOf(event);
      if (this.earlier === undefined) happenings.push(started(this.facts, number));
    }
    this.noteEnd(event);
    logs.push(...lines.slice(before.logs).map((line) => ({ ...line, event: number })));
    const call = this.lost.endedBy(event, gathered.calls, before.calls);
    if (call !== undefined) happenings.push(stepEnded(call, number));
    const at = milliseconds(event.eventTime);
    happenings.push(...skips.slice(before.skips).map(({ skip: { step, reason } }) => skipped(step, reason, number, at)));
    return [...happenings, ...this.newWaits(number, at)];
  }

  private newWaits(event: number, at: number): Happening[] {
    const fresh = (this.gathered.memo.now.waiting ?? []).filter(({ id }) => !this.waits.has(id));
    for (const wait of fresh) {
      this.waits.set(wait.id, wait);
      this.changedWaits.add(wait.id);
    }
    return fresh.map((wait) => asked(wait, event, at));
  }

  /** One of several people who must approve is no event, and stands in the row. */
  private noteApproved(): void {
    for (const id of this.waits.keys()) {
      const count = this.gathered.approvals.given(id).length;
      if (count === (this.approvedBy.get(id) ?? 0)) continue;
      this.approvedBy.set(id, count);
      this.changedWaits.add(id);
    }
  }

  /** Taken at a moment's end: a decision and the run's answer to it stand in one moment, in either order. */
  private newOutcomes(event: number, at: number): Happening[] {
    if (this.waits.size === this.outcomes.size) return [];
    const fresh = this.gathered.approvals.outcomes(this.gathered.ending?.at).filter(({ id }) => this.waits.has(id) && !this.outcomes.has(id));
    for (const outcome of fresh) {
      this.outcomes.set(outcome.id, outcome);
      this.changedWaits.add(outcome.id);
    }
    const told = fresh.filter(({ decision }) => decision !== 'withdrawn');
    return told.map((outcome) => decided(this.waits.get(outcome.id) as WaitRecord, outcome, event, at));
  }

  private noteEnd(event: HistoryEvent): void {
    const { workflowExecutionContinuedAsNewEventAttributes: continued, workflowExecutionTerminatedEventAttributes: terminated } = event;
    const {
      workflowExecutionCompletedEventAttributes: completed,
      workflowExecutionFailedEventAttributes: failed,
      workflowExecutionTimedOutEventAttributes: timedOut,
    } = event;
    // Temporal's own retries and crons begin another execution too.
    this.next = [continued, completed, failed, timedOut].map((it) => it?.newExecutionRunId).find((id) => id) ?? this.next;
    if (terminated?.identity === resetter) this.wasReset = true;
  }
}

function signature(call: Call): string {
  return [call.status, attemptsOf(call), call.calledAt, call.scheduledAt, call.endedAt].join();
}
