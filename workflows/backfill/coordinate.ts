import type { Partition } from '../../activities/partition/partition.js';
import { rowsIn } from '../../activities/partition/result-rows.js';
import { ApprovalExpired, Declined, type Flow, HeadraceError } from '../../sdk/index.js';
import { CalendarPages } from './calendar-pages.js';
import type { BackfillInput, Progress } from './input.js';
import { Ledger, type Turn, type TurnEnd } from './ledger.js';
import { Lookout } from './lookout.js';
import { report } from './report.js';
import type { BackfillResult } from './result.js';

/** How a partition is done: by a run of a pipeline, or by steps of the backfill itself. */
export type PartitionWork =
  | { pipeline: string; input: (partition: Partition) => unknown }
  /** `commitKey` names the backfill and the partition, and stays the same when the backfill continues as new. */
  | { each: (partition: Partition, commitKey: string) => Promise<unknown> };

type Begun = Pick<Progress, 'backfill' | 'startedAt' | 'total'>;

/**
 * Does every partition of a range: lanes that take turns, failed ones again in later rounds, runs that wait for people parked.
 * When the history is long the lanes are drained and the run continues as new.
 */
export async function coordinate(flow: Flow, input: BackfillInput, work: PartitionWork): Promise<BackfillResult> {
  const pages = new CalendarPages(input);
  const begun = await begin(flow, pages, input.continued);
  return new Coordinator(flow, input, work, pages, begun).run();
}

async function begin(flow: Flow, pages: CalendarPages, continued: Progress | undefined): Promise<Begun> {
  if (continued !== undefined) return { backfill: continued.backfill, startedAt: continued.startedAt, total: continued.total };
  const { workflowId, runId, startedAt } = flow.run;
  return { backfill: `${workflowId}-${runId.slice(0, 8)}`, startedAt, total: await pages.count() };
}

class Coordinator {
  private readonly ledger: Ledger;
  private readonly lookout: Lookout;
  private turns = 0;

  constructor(
    private readonly flow: Flow,
    private readonly input: BackfillInput,
    private readonly work: PartitionWork,
    private readonly pages: CalendarPages,
    private readonly begun: Begun,
  ) {
    this.ledger = new Ledger(begun, input, input.continued);
    this.lookout = new Lookout(flow, this.ledger, input.parkAfter, input.continued?.parked ?? []);
  }

  async run(): Promise<BackfillResult> {
    try {
      // Nobody needs to be looked at where partitions are done by steps; the watch ends by being outlived.
      return await ('each' in this.work ? this.finish() : Promise.race([this.finish(), this.lookout.watch()]));
    } catch (error) {
      // It is no error that the run continues as new: those who wait are followed by the next one.
      if ((error as Error).name !== 'ContinueAsNew') await this.lookout.cancelEarlier();
      throw error;
    }
  }

  private async finish(): Promise<BackfillResult> {
    for (;;) {
      await Promise.all(Array.from({ length: this.input.concurrency }, () => this.lane()));
      if (!this.ledger.hasTurns && this.lookout.isIdle) return report(this.ledger, this.pages, this.begun.total, this.begun.startedAt);
      if (this.isFull) return this.continue();
      if (!this.ledger.hasTurns) await this.lookout.news();
    }
  }

  private get isFull(): boolean {
    return this.turns >= this.input.continueAfter || this.flow.historyIsLong;
  }

  private continue(): Promise<never> {
    return this.flow.continueAs({ ...this.input, continued: this.ledger.toProgress(this.lookout.list()) });
  }

  private async lane(): Promise<void> {
    while (!this.isFull) {
      const turn = this.ledger.take();
      if (turn === undefined) return;
      this.turns += 1;
      await this.take(turn);
    }
  }

  private async take(turn: Turn): Promise<void> {
    const partition = await this.pages.at(turn.index);
    const key = `${this.begun.backfill}-${partition.key}`;
    if ('each' in this.work) return this.recordSteps(turn, partition.key, this.work.each(partition, key));
    const { pipeline, input } = this.work;
    const child = await this.flow.startPipeline(pipeline, input(partition), { workflowId: key, partition: partition.key });
    if (child === undefined) this.lookout.adopt(turn, partition.key, key);
    else await this.lookout.hold(turn, partition.key, child);
  }

  private async recordSteps(turn: Turn, key: string, work: Promise<unknown>): Promise<void> {
    this.ledger.record(turn, key, await work.then(succeeded, notSucceeded));
    this.flow.progress(this.ledger.fraction);
  }
}

function succeeded(output: unknown): TurnEnd {
  return { state: 'SUCCEEDED', rows: rowsIn(output), reason: undefined };
}

/** What steps say is an outcome of the partition. A cancellation, and a mistake in the author's code, end the backfill. */
function notSucceeded(error: unknown): TurnEnd {
  if (!(error instanceof HeadraceError)) throw error;
  const declined = error instanceof Declined || error instanceof ApprovalExpired;
  return { state: declined ? 'CANCELLED' : 'FAILED', rows: 0, reason: error.message };
}
