/** What of a run can be counted at one moment. */
export interface Counted {
  /** Calls, children and skips seen so far. */
  seen: number;
  finished: number;
}

const almost = 0.999;

/**
 * How far a run is: what the pipeline says, else finished ÷ max(seen, steps of the last success) (SPEC §6).
 * It is taken whenever the run has answered to what happened: between a step's end and the answer to it, all that is seen
 * may be finished though more is to come. While nothing is open, one more is assumed, so that it is 1 at the end only.
 */
export class Progress {
  private highest = 0;

  constructor(private readonly stepsOfLastSuccess = 0) {}

  take({ seen, finished }: Counted): void {
    const expected = Math.max(finished < seen ? seen : seen + 1, this.stepsOfLastSuccess);
    this.highest = Math.max(this.highest, Math.min(finished / expected, almost));
  }

  /** @param said by the pipeline */
  value(said: number | undefined, succeeded: boolean): number {
    if (succeeded) return 1;
    return Math.floor(Math.min(said ?? this.highest, almost) * 1_000) / 1_000;
  }
}
