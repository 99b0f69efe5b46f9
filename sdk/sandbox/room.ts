import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';

/** Of the 4 MiB that a message to Temporal has; a single payload, and what the run writes of itself, must fit beside. */
const bytesAtOnce = 2_000_000;
/** A run that computes five seconds without a pause is stopped. */
const callsAtOnce = 500;
/** What a call costs beside its payload. */
const callBytes = 1_000;
/** Temporal takes 2,000 open calls of a run. */
const openAtOnce = 1_500;

/**
 * How many calls, and how much with them, a run gives Temporal at once. More than Temporal takes would be refused and tried again for
 * ever, so the rest waits for its turn, in the order of the calls.
 */
export class Room {
  private task = 0;
  private calls = 0;
  private bytes = 0;
  private open = 0;
  private turn: Promise<void> | undefined;
  private waiting: (() => void)[] = [];

  /** Makes a call of that many bytes, now where there is room: then nothing comes between it and the code before it. */
  call<Result>(bytes: number, make: () => Promise<Result>): Promise<Result> {
    return this.fits(bytes) ? this.make(bytes, make) : this.makeLater(bytes, make);
  }

  /** Whether a text of that many bytes, which cannot wait, still fits; it is counted. */
  takes(bytes: number): boolean {
    this.look();
    this.bytes += bytes;
    return this.bytes <= bytesAtOnce;
  }

  private async make<Result>(bytes: number, make: () => Promise<Result>): Promise<Result> {
    this.calls += 1;
    this.bytes += bytes + callBytes;
    this.open += 1;
    try {
      return await make();
    } finally {
      this.open -= 1;
      for (const goOn of this.waiting.splice(0)) goOn();
    }
  }

  private async makeLater<Result>(bytes: number, make: () => Promise<Result>): Promise<Result> {
    while (!this.fits(bytes)) await (this.open < openAtOnce ? this.nextTurn() : this.nextEnd());
    return this.make(bytes, make);
  }

  private fits(bytes: number): boolean {
    this.look();
    if (this.open >= openAtOnce || this.calls >= callsAtOnce) return false;
    return this.bytes === 0 || this.bytes + bytes + callBytes <= bytesAtOnce;
  }

  /** What the run does until it waits for something goes to Temporal as one message; the history is longer at the next. */
  private look(): void {
    const { historyLength } = workflowInfo();
    if (historyLength === this.task) return;
    Object.assign(this, { task: historyLength, calls: 0, bytes: 0 });
  }

  private nextTurn(): Promise<void> {
    return (this.turn ??= CancellationScope.nonCancellable(() => sleep(1)).finally(() => (this.turn = undefined)));
  }

  private nextEnd(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
