import type { ChildEnd } from '../../sdk/authoring/flow.js';
import { type IndexRange, IndexRanges } from './index-ranges.js';
import type { BackfillInput, Parked, Problem, Progress } from './input.js';

/** A partition's turn. */
export interface Turn {
  index: number;
  /** From 1. */
  round: number;
}

/** How a turn ended. */
export interface TurnEnd {
  state: ChildEnd['state'];
  rows: number;
  reason: string | undefined;
}

const mostProblems = 50;
const longestReason = 300;
const taken = new Set<ChildEnd['state']>(['CANCELLED', 'ROLLED_BACK']);

/** Which partitions are to be done, and what became of the others. */
export class Ledger {
  private readonly todo: IndexRanges[];
  private readonly failed: IndexRanges;
  private readonly cancelled: IndexRanges;
  private succeeded: number;
  private rows: number;
  private readonly problems: Problem[];
  private awaiting: NonNullable<Progress['awaiting']>;

  constructor(
    private readonly begun: Pick<Progress, 'backfill' | 'startedAt' | 'total'>,
    private readonly limits: Pick<BackfillInput, 'rounds' | 'stopAfter'>,
    progress?: Progress,
  ) {
    const todo = progress?.todo ?? [[[0, begun.total] as IndexRange]];
    this.todo = Array.from({ length: limits.rounds }, (_, round) => new IndexRanges(todo[round]));
    this.failed = new IndexRanges(progress?.failed);
    this.cancelled = new IndexRanges(progress?.cancelled);
    this.succeeded = progress?.succeeded ?? 0;
    this.rows = progress?.rows ?? 0;
    this.problems = [...(progress?.problems ?? [])];
    this.awaiting = progress?.awaiting ?? [];
  }

  /** Whether a turn can be taken. */
  get hasTurns(): boolean {
    return !this.isStopped && this.todo.some((indexes) => !indexes.isEmpty);
  }

  /** The share of partitions that have ended. */
  get fraction(): number {
    return (this.succeeded + this.failed.size + this.cancelled.size) / this.begun.total;
  }

  /** The next turn: a partition that failed comes again when all others had their turn. */
  take(): Turn | undefined {
    if (this.isStopped) return undefined;
    const round = this.todo.findIndex((indexes) => !indexes.isEmpty);
    const index = this.todo[round]?.take();
    return index === undefined ? undefined : { index, round: round + 1 };
  }

  record({ index, round }: Turn, key: string, { state, rows, reason }: TurnEnd): void {
    this.awaiting = this.awaiting.filter((problem) => problem.index !== index);
    if (state === 'SUCCEEDED') {
      this.succeeded += 1;
      this.rows += rows;
      return;
    }
    const again = taken.has(state) ? undefined : this.todo[round];
    (again ?? (taken.has(state) ? this.cancelled : this.failed)).add(index);
    const problem = { key, state, reason: (reason ?? '').slice(0, longestReason) };
    if (again === undefined && this.problems.length < mostProblems) this.problems.push(problem);
    if (again !== undefined && this.awaiting.length < mostProblems) this.awaiting.push({ index, ...problem });
  }

  /** What is told at the end. A partition that failed and has not had its last round has failed. */
  tally() {
    const retried = this.todo.slice(1).flatMap((indexes) => indexes.list());
    const failed = new IndexRanges(this.failed.list());
    for (const [from, to] of retried) for (let index = from; index < to; index += 1) failed.add(index);
    const { succeeded, rows } = this;
    const problems = [...this.problems, ...this.awaiting.map(({ key, state, reason }) => ({ key, state, reason }))].slice(0, mostProblems);
    return { succeeded, rows, problems, failed, cancelled: this.cancelled, notStarted: this.todo[0] ?? new IndexRanges() };
  }

  toProgress(parked: Parked[]): Progress {
    const { succeeded, rows, problems, awaiting } = this;
    const todo = this.todo.map((indexes) => indexes.list());
    return { ...this.begun, todo, failed: this.failed.list(), cancelled: this.cancelled.list(), succeeded, rows, parked, problems, awaiting };
  }

  private get isStopped(): boolean {
    const retries = this.todo.slice(1).reduce((sum, indexes) => sum + indexes.size, 0);
    return this.failed.size + this.cancelled.size + retries >= this.limits.stopAfter;
  }
}
