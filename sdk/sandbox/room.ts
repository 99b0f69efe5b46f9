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
  async call<Result>(bytes: number, make: () => Promise<Result>): Promise<Result> {
    if (!this.enter(bytes)) await this.entered(bytes);
    try {
      return await make();
    } finally {
      this.leave();
    }
  }

  /** Takes the room for a call of that many bytes, if there is some now. Its maker says when it has ended. */
  enter(bytes: number): boolean {
    if (!this.fits(bytes)) return false;
    this.calls += 1;
    this.bytes += bytes + callBytes;
    this.open += 1;
    return true;
  }

  /** Waits for the room and takes it. */
  async entered(bytes: number): Promise<void> {
    while (!this.enter(bytes)) await (this.open < openAtOnce ? this.nextTurn() : this.nextEnd());
  }

  /** A call has ended. */
  leave(): void {
    this.open -= 1;
    for (const goOn of this.waiting.splice(0)) goOn();
  }

  /** Whether a text of that many bytes, which cannot wait, still fits; it is counted. */
  takes(bytes: number): boolean {
    this.look();
    this.bytes += bytes;
    return this.bytes <= bytesAtOnce;
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
