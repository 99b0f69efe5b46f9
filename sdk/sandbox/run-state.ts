import { CancellationScope, patched, workflowInfo } from '@temporalio/workflow';
import type { EndState } from '../authoring/flow.js';
import type { AnyPipeline, Notifications } from '../authoring/pipeline.js';
import { deadlineKey } from '../authoring/run-memo.js';
import { currentPlace } from './place.js';
import { Room } from './room.js';
import { RunRecord } from './run-record.js';
import type { Wait } from './wait.js';

/** What the sandbox remembers of the one run that it holds: Temporal gives every run module state of its own. */
export class RunState {
  readonly room = new Room();
  readonly record = new RunRecord(this.room);
  readonly undos: (() => Promise<unknown>)[] = [];
  readonly waits: Wait[] = [];
  /** Those of the declaration, and what flow.notify added. */
  readonly notifications: Notifications[];
  /** The scope of the body: cancelled when the run is, when a signal asks for it, and when the body has failed. */
  readonly scope = new CancellationScope();
  /** Milliseconds since the epoch, or undefined where the pipeline has no maxDuration. The run's, also when it has continued as new. */
  readonly deadline: number | undefined;
  /** Set by flow.end: the body's output stands, and the run ends in this state. */
  endState: EndState | undefined;
  private readonly calls = new Map<string, number>();
  private readonly unfinished = new Set<Promise<unknown>>();

  constructor(readonly pipeline: AnyPipeline) {
    this.notifications = [pipeline.notifications];
    const { startTime, memo } = workflowInfo();
    const own = pipeline.maxDuration === undefined ? [] : [startTime.getTime() + pipeline.maxDuration];
    const handed = memo?.[deadlineKey];
    const inherited = typeof handed === 'number' ? [handed] : [];
    const deadlines = [...own, ...inherited];
    this.deadline = deadlines.length === 0 ? undefined : Math.min(...deadlines);
  }

  /** `name#n`, counted in the order of the calls, which is the same in every replay. */
  nextId(name: string): string {
    const count = (this.calls.get(name) ?? 0) + 1;
    this.calls.set(name, count);
    return `${name}#${count}`;
  }

  /** Milliseconds until the deadline, or undefined where there is none: undo and notifications come after it. */
  remaining(): number | undefined {
    const { undo, notification } = currentPlace();
    return this.deadline === undefined || undo === true || notification === true ? undefined : this.deadline - Date.now();
  }

  /** Keeps a call until it has ended, so that nothing is undone while a step still works. */
  follow<Result>(call: Promise<Result>): Promise<Result> {
    this.keep(call);
    const forget = () => this.forget(call);
    call.then(forget, forget);
    return call;
  }

  /** The same, for a maker who says himself when the call has ended. */
  keep(call: Promise<unknown>): void {
    this.unfinished.add(call);
  }

  /** A kept call has ended. */
  forget(call: Promise<unknown>): void {
    this.unfinished.delete(call);
  }

  /** Waits until no call works, however they end. */
  async calm(): Promise<void> {
    while (this.unfinished.size > 0) await Promise.allSettled(this.unfinished);
  }

  /** Waits for the calls that nobody awaited. @throws the first failure among them */
  async finishCalls(): Promise<void> {
    while (this.unfinished.size > 0) await Promise.all(this.unfinished);
  }

  /** The same for an undo or a notification. A run that went on without waiting, in an earlier version, replays so. */
  async finishUnawaited(): Promise<void> {
    if (this.unfinished.size > 0 && patched('headrace-unawaited')) await this.finishCalls();
  }

  /** Cancels what still runs and waits until it has stopped. */
  async stopCalls(): Promise<void> {
    this.scope.cancel();
    await this.calm();
  }
}

/** Runs an undo or a notification, and waits for what it began and did not await. */
export async function untilFinished(run: RunState, work: () => Promise<unknown> | undefined): Promise<void> {
  await work();
  await run.finishUnawaited();
}

let state: RunState | undefined;

/**
 * A promise whose rejection is no error as long as nobody has awaited it: a body may begin something, do something else, and await it then.
 * Temporal would fail the workflow task instead, for ever.
 */
export function awaitedLater<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => undefined);
  return work;
}

/** Begins the run of this sandbox. */
export function beginRun(pipeline: AnyPipeline): RunState {
  state = new RunState(pipeline);
  return state;
}

/** The run of this sandbox. */
export function currentRun(): RunState {
  if (state === undefined) throw new Error('No run has begun in this sandbox.');
  return state;
}
