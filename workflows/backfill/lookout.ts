import { rowsIn } from '../../activities/partition/result-rows.js';
import { mostWatched, type SeenRun, watchRuns } from '../../activities/partition/steps.js';
import type { ChildRun } from '../../sdk/authoring/flow.js';
import { type Flow, HeadraceError } from '../../sdk/index.js';
import type { Parked } from './input.js';
import type { Ledger, Turn, TurnEnd } from './ledger.js';

interface Held extends Turn {
  key: string;
  since: number;
  /** Lets the lane go on. */
  leave: () => void;
}

const mostParked = 1_000;
const longestWait = 60_000;

/**
 * Follows the runs of partitions to their end. A run that waits for people is parked: it leaves its lane to the next partition.
 * Of a run that this run of the backfill started, Temporal tells the end; one that was parked before the backfill continued as new is looked at.
 */
export class Lookout {
  private readonly held = new Map<string, Held>();
  private readonly parked = new Map<string, Parked>();
  /** Parked runs of which Temporal tells the end. */
  private readonly ours = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private turnOfLook = 0;

  constructor(
    private readonly flow: Flow,
    private readonly ledger: Ledger,
    private readonly parkAfter: number,
    parked: readonly Parked[],
  ) {
    for (const run of parked) this.parked.set(run.workflowId, run);
  }

  get isIdle(): boolean {
    return this.parked.size === 0;
  }

  list(): Parked[] {
    return [...this.parked.values()];
  }

  /** Waits until a run has ended, or is parked. */
  hold(turn: Turn, key: string, { workflowId, ended }: ChildRun): Promise<void> {
    return new Promise((leave, reject) => {
      this.held.set(workflowId, { ...turn, key, since: Date.now(), leave });
      const conclude = ({ state, output, reason }: Awaited<ChildRun['ended']>) => {
        this.conclude(workflowId, turn, key, { state, rows: rowsIn(output), reason });
        leave();
      };
      ended.then(conclude).catch(reject);
    });
  }

  /** Follows a run that somebody started before. */
  adopt({ index, round }: Turn, key: string, workflowId: string): void {
    this.parked.set(workflowId, { workflowId, index, key, round });
  }

  /** Waits until a run has ended, or all were looked at. */
  news(): Promise<void> {
    return new Promise((resolve) => void this.waiting.push(resolve));
  }

  /** Looks at runs again and again, less often where nothing happens. Ends only with the backfill. */
  async watch(): Promise<never> {
    for (let wait = this.parkAfter; ; ) {
      await this.flow.sleep(wait);
      wait = (await this.look()) ? this.parkAfter : Math.min(wait * 2, Math.max(this.parkAfter, longestWait));
      this.tell();
    }
  }

  /** Asks the parked runs of an earlier run of the backfill to cancel; its own ones are cancelled with it. */
  async cancelEarlier(): Promise<void> {
    await Promise.all(this.earlier().map((workflowId) => this.flow.cancelRun(workflowId)));
  }

  private async look(): Promise<boolean> {
    const workflowIds = this.nextToLookAt();
    if (workflowIds.length === 0) return false;
    try {
      const { runs } = await watchRuns({ workflowIds });
      return runs.map((run) => this.take(run)).some((changed) => changed);
    } catch (error) {
      // Not to see a run for a while is no reason to end the backfill; a cancellation is.
      if (error instanceof HeadraceError) return false;
      throw error;
    }
  }

  private nextToLookAt(): string[] {
    const due = Date.now() - this.parkAfter;
    const slow = this.parked.size >= mostParked ? [] : [...this.held].filter(([, { since }]) => since <= due).map(([workflowId]) => workflowId);
    const all = [...slow, ...this.earlier()];
    const from = all.length <= mostWatched ? 0 : (this.turnOfLook++ * mostWatched) % all.length;
    return all.slice(from, from + mostWatched);
  }

  private earlier(): string[] {
    return [...this.parked.keys()].filter((workflowId) => !this.ours.has(workflowId));
  }

  private take({ workflowId, state, rows = 0, reason }: SeenRun): boolean {
    const held = this.held.get(workflowId);
    if (held !== undefined) return state === 'WAITING_FOR_APPROVAL' && this.park(workflowId, held);
    const parked = this.parked.get(workflowId);
    if (parked === undefined || state === 'RUNNING' || state === 'WAITING_FOR_APPROVAL') return false;
    this.conclude(workflowId, parked, parked.key, { state, rows, reason });
    return true;
  }

  private park(workflowId: string, { index, key, round, leave }: Held): true {
    this.held.delete(workflowId);
    this.ours.add(workflowId);
    this.parked.set(workflowId, { workflowId, index, key, round });
    leave();
    return true;
  }

  private conclude(workflowId: string, turn: Turn, key: string, end: TurnEnd): void {
    this.held.delete(workflowId);
    this.parked.delete(workflowId);
    this.ours.delete(workflowId);
    this.ledger.record(turn, key, end);
    this.flow.progress(this.ledger.fraction);
    this.tell();
  }

  private tell(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
