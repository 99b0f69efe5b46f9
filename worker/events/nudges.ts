import type { RunId } from './scan.js';

/** Runs that are to be read, each once in a while, however often they are asked for (DESIGN §3.3). */
export class Nudges {
  private readonly due = new Map<string, { run: RunId; at: number }>();
  private readonly lastRead = new Map<string, number>();

  /** @param spacing milliseconds between two reads of a run */
  constructor(private readonly spacing: number) {}

  /** @param delay milliseconds from now, at the earliest */
  add(run: RunId, delay = 0): void {
    const key = keyOf(run);
    const at = Math.max(Date.now() + delay, (this.lastRead.get(key) ?? 0) + this.spacing);
    this.due.set(key, { run, at: Math.min(at, this.due.get(key)?.at ?? at) });
  }

  /** Takes the runs whose time has come and that `may` be read, in the order of their times. */
  take(count: number, may: (run: RunId) => boolean): RunId[] {
    const now = Date.now();
    const ready = [...this.due.values()].filter(({ at, run }) => at <= now && may(run)).sort((one, other) => one.at - other.at);
    const taken = ready.slice(0, count).map(({ run }) => run);
    for (const run of taken) {
      this.due.delete(keyOf(run));
      this.lastRead.set(keyOf(run), now);
    }
    this.forget(now);
    return taken;
  }

  get size(): number {
    return this.due.size;
  }

  private forget(now: number): void {
    // A map is in the order of insertion, which is nearly that of the reads.
    for (const [key, at] of this.lastRead) {
      if (now - at < this.spacing) return;
      this.lastRead.delete(key);
    }
  }
}

/** A run as one text. */
export function keyOf({ workflowId, runId }: RunId): string {
  return `${workflowId}\0${runId}`;
}
