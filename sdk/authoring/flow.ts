import type * as z from 'zod';
import type { Approval, Decision } from './approval.js';
import type { Duration } from './duration.js';
import type { Notifications, Pipeline } from './pipeline.js';
import type { AnyStep } from './step.js';

/** What `flow.phases` runs: in this order, each phase's output feeds the next (SPEC §2). */
export interface Phases<E, T, L, A> {
  /** Calls that run at the same time. */
  extract: Calls<E>;
  /** A function whose step calls run one after another, however they are written. */
  transform: (extracted: E) => Promise<T>;
  /** Calls that run at the same time. */
  load: (transformed: T) => Calls<L>;
  /** A function whose step calls run one after another on the target system, such as SCD type 2. */
  transformAtLoad?: (loaded: L) => Promise<A>;
  /** How many calls of a phase run at once; 10 unless said. */
  concurrency?: number;
}

/** How an approval is asked for. */
export interface Ask {
  /** What the approver needs to see: JSON, 100 KB at most. */
  evidence?: unknown;
  /** The approval's own time unless said. */
  within?: Duration;
  /** Why the run ends when it is not approved, such as 'Quality below threshold'. */
  reason?: string;
}

/** Named calls, not yet made. */
export type Calls<Results> = { [Name in keyof Results]: () => Promise<Results[Name]> };

/** The end of a run that did not succeed and is no failure either. */
export type EndState = 'CANCELLED' | 'ROLLED_BACK';

/** How a coordinator starts a run. */
export interface StartOptions {
  workflowId: string;
  /** The key of the partition that the run is for, by which it is found (DESIGN §3.5). */
  partition?: string;
}

/** A run that a coordinator started. */
export interface ChildRun {
  readonly workflowId: string;
  /** How it ended. It does not reject when the run fails. */
  readonly ended: Promise<ChildEnd>;
}

/** How a run ended, as the coordinator that started it sees it (SPEC §6). */
export interface ChildEnd {
  state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'ROLLED_BACK' | 'TIMED_OUT' | 'TERMINATED';
  output: unknown;
  reason: string | undefined;
}

/** What a run of the pipeline knows of itself. */
export interface RunInfo {
  readonly pipeline: string;
  readonly workflowId: string;
  /** That of the run's first execution: it stays when the run continues as new. */
  readonly runId: string;
  /** ISO 8601, UTC: when its first execution began. */
  readonly startedAt: string;
  /** ISO 8601, UTC: when maxDuration is over, or undefined where there is none. */
  readonly deadline: string | undefined;
}

/** What a pipeline's body does beside calling steps. */
export interface Flow {
  readonly run: RunInfo;
  /**
   * Asks people and waits. The approval must be among the pipeline's `approvals`.
   *
   * @param ask evidence for the approver, the time to wait, and the reason with which the run ends when it is not approved
   * @throws Declined when it is declined, ApprovalExpired when nobody decides within the time
   */
  approve<A extends z.ZodType>(approval: Approval<string, A>, ask?: Ask): Promise<Decision<z.output<A>>>;
  /** Registers what takes the next step's effect back. Undos run in reverse order, when the run fails, is cancelled, declined or out of time. */
  undo(compensation: () => Promise<unknown>): void;
  /** Runs the four phases extract, transform, load and transform-at-load in order. */
  phases<E, T, L, A = undefined>(phases: Phases<E, T, L, A>): Promise<{ extract: E; transform: T; load: L; transformAtLoad: A }>;
  /**
   * Does the same for each item, with at most `concurrency` at once (10 unless said). Results stand in the order of the items.
   * When one fails, no further one is begun, those that run are awaited, and the first failure is thrown.
   */
  each<Item, Result>(items: readonly Item[], work: (item: Item, index: number) => Promise<Result>, options?: { concurrency?: number }): Promise<Result[]>;
  /**
   * Runs another pipeline as a child and waits for its output. It is cancelled and undone with this run. One that ended itself by flow.end gives its
   * output, whose `status` says so, as its schema lets it.
   *
   * @throws Declined, ApprovalExpired, StepFailed or what the child failed with; HeadraceError unknown_pipeline when no module exports it, run_exists
   */
  runPipeline<I extends z.ZodType, O extends z.ZodType>(pipeline: Pipeline<I, O>, input: z.input<I>, options?: { workflowId?: string }): Promise<z.output<O>>;
  /**
   * For coordinators, such as a backfill: starts a pipeline and does not wait for it. It goes on when this run continues as new, and is cancelled with it.
   * Gives undefined when a run of that workflow id goes on or has closed normally: no work is done twice.
   *
   * @throws HeadraceError unknown_pipeline
   */
  startPipeline(pipeline: string, input: unknown, options: StartOptions): Promise<ChildRun | undefined>;
  /** Asks a run that this one, or this one before it continued as new, started to cancel. It undoes its work by itself. */
  cancelRun(workflowId: string): Promise<void>;
  /** Adds notifications that only the input knows, beside those of the declaration. */
  notify(notifications: Notifications): void;
  /** Shows a step as SKIPPED in the run, with the reason. */
  skip(step: AnyStep, reason: string): void;
  /** Writes a line into the run's log, kept in its history; the first 1,000 lines of a run. */
  log(message: string, details?: { records?: number }): void;
  /** Says how much is done, from 0 to 1. It never falls. */
  progress(fraction: number): void;
  /** Waits, at most until the run's deadline. */
  sleep(duration: Duration): Promise<void>;
  /**
   * Waits for the steps that still work, undoes what is registered and ends the run in that state: return what this returns. A failed undo makes
   * the run FAILED. The output's `status` says the state too, to who reads nothing but the output.
   *
   * @example return flow.end('ROLLED_BACK', { status: 'ROLLED_BACK', rows: 0 });
   */
  end<State extends EndState, Output extends { status: State }>(state: State, output: Output): Promise<Output>;
  /** Starts the run anew with this input and an empty history, when that grows long. Nothing may be left to undo. */
  continueAs(input: unknown): Promise<never>;
  /** Whether the history is long enough that a coordinator should drain and continue as new. */
  readonly historyIsLong: boolean;
}
