import { setTimeout as wait } from 'node:timers/promises';

/** Repeats a work while somebody waits for what it brings, and rests otherwise. */
export class Ticker {
  private readonly waiting = new Set<() => void>();
  private running = false;
  closed = false;

  /**
   * @param work once a tick; what fails is tried again at the next
   * @param every milliseconds between two
   */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly every: number,
  ) {}

  /** Settles after the next tick, or when the time is over, the signal is given or the ticker is closed. */
  next(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', go);
        this.waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, milliseconds);
      signal.addEventListener('abort', go);
      this.waiting.add(go);
      if (signal.aborted || this.closed) go();
      else if (!this.running) void this.run();
    });
  }

  /** Lets everybody go who waits, now and later. */
  close(): void {
    this.closed = true;
    this.release();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.size > 0) {
      await this.work().catch(() => undefined);
      this.release();
      await wait(this.every);
    }
    this.running = false;
  }

  private release(): void {
    for (const go of [...this.waiting]) go();
  }
}
