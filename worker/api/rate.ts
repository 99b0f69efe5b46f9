/** How much is allowed. */
export interface RateLimit {
  /** What each one may ask in the long run. */
  requestsPerSecond: number;
  /** What who has rested may ask at once. */
  burst: number;
}

/** Keys without a request in this time are forgotten. */
const sweepEvery = 10_000;

/** How often each one may ask. What is asked fills a bucket that leaks steadily: of each, only when it will be empty is kept. */
export class Rate {
  private readonly emptyAt = new Map<string, number>();
  private sweptAt = 0;

  constructor(
    private readonly limit: RateLimit,
    /** Milliseconds, of a clock that is not set. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Counts a request of one of them. Gives 0, or the milliseconds after which it may ask again: it is not counted then. */
  take(who: string): number {
    const now = this.now();
    this.sweep(now);
    const each = 1_000 / this.limit.requestsPerSecond;
    const emptyAt = Math.max(now, this.emptyAt.get(who) ?? 0) + each;
    const wait = emptyAt - now - this.limit.burst * each;
    // A sum of fractions is never exact.
    if (wait > 1e-6) return wait;
    this.emptyAt.set(who, emptyAt);
    return 0;
  }

  private sweep(now: number): void {
    if (now - this.sweptAt < sweepEvery) return;
    this.sweptAt = now;
    for (const [who, emptyAt] of this.emptyAt) if (emptyAt <= now) this.emptyAt.delete(who);
  }

  /** How many are kept in mind. */
  get size(): number {
    return this.emptyAt.size;
  }
}
