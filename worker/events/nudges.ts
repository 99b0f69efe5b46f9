import type { RunId } from './scan.js';

/** A run whose time to be read has come. */
export interface DueRun {
  run: RunId;
  /** Something was said to happen, and so many reads have not found it; undefined where nothing was said. */
  missed: number | undefined;
}

interface Waiting extends DueRun {
  at: number;
  /** However often it is nudged meanwhile, it waits no longer. */
  latest: number;
}

/** Milliseconds by which nudges that follow each other closely put off the read that then sees what all of them told of. */
const patience = 300;

/** Runs that are to be read, each once in a while, however often they are asked for (DESIGN §3.3). */
export class Nudges {
  private readonly due = new Map<string, Waiting>();
  private readonly lastRead = new Map<string, number>();

  /** @param spacing milliseconds between two reads of a run */
  constructor(private readonly spacing: number) {}

  /** Something happens to the run, and is written within the delay, in milliseconds: a read that comes before that would miss it. */
  add(run: RunId, delay = 0): void {
    this.enter(run, delay, 0);
  }

  /** The run is to be looked at again. @param missed how often what it was nudged for was not found */
  again(run: RunId, delay: number, missed?: number): void {
    this.enter(run, delay, missed);
  }

  /** It was not read just now: it is tried again without regard for the spacing. */
  retry(run: RunId, delay: number): void {
    this.lastRead.delete(keyOf(run));
    this.enter(run, delay, 0);
  }

  /** Takes the runs whose time has come and that `may` be read, in the order of their times. */
  take(count: number, may: (run: RunId) => boolean): DueRun[] {
    const now = Date.now();
    const ready = [...this.due.values()].filter(({ at, run }) => at <= now && may(run)).sort((one, other) => one.at - other.at);
    const taken = ready.slice(0, count);
    for (const { run } of taken) {
      this.due.delete(keyOf(run));
      // Deleted first: a map is in the order of insertion, and what was read last must stand last.
      this.lastRead.delete(keyOf(run));
      this.lastRead.set(keyOf(run), now);
    }
    this.forget(now);
    return taken;
  }

  get size(): number {
    return this.due.size;
  }

  private enter(run: RunId, delay: number, missed: number | undefined): void {
    const key = keyOf(run);
    const waiting = this.due.get(key);
    const at = Math.max(Date.now() + delay, (this.lastRead.get(key) ?? 0) + this.spacing);
    if (waiting === undefined || at <= waiting.at) this.due.set(key, { run, at, latest: at + patience, missed: missed ?? waiting?.missed });
    else if (missed === 0) this.due.set(key, { ...waiting, at: Math.min(at, waiting.latest), missed });
  }

  private forget(now: number): void {
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
