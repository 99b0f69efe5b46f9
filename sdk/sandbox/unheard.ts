/** How often a call's `constructor` was read, and how often by nobody who waits for it. */
interface Reads {
  all: number;
  ours: number;
  /** Of a promise that ended as this one: none but Temporal's own have read it. */
  like: { all: number };
}

/**
 * Calls of a run that have failed, and that nobody has ever waited for: the body's author would not know.
 *
 * ECMAScript reads a promise's `constructor` when something begins to wait for it (await, then, catch, Promise.all). Counting that costs no promise
 * and no turn of the queue, so that what waits goes on in the order in which it did in the histories of before. Temporal, which keeps the stack of every
 * promise, reads it too, when a promise ends: how often is seen from promises that nobody else knows.
 */
export class Unheard {
  private readonly reads = new WeakMap<object, Reads>();
  private readonly failed: Promise<unknown>[] = [];
  private readonly counting = countingReads((call) => {
    const reads = this.reads.get(call);
    if (reads !== undefined) reads.all += 1;
  });
  /** Of a promise that ended by itself, and of one that ended as another one did that it was given. */
  private readonly alone = this.sample(undefined);
  private readonly passedOn = this.sample(Promise.resolve());

  /** From now on it is noticed whether somebody waits for it. */
  watch(call: Promise<unknown>): void {
    this.reads.set(call, { all: 0, ours: 0, like: this.alone });
    Object.setPrototypeOf(call, this.counting);
  }

  /** It is to end as another promise does. */
  passOn(call: Promise<unknown>): void {
    const reads = this.reads.get(call);
    if (reads !== undefined) reads.like = this.passedOn;
  }

  /** A call fails, is about to, or may yet. Temporal would fail the workflow task, for ever, because of a rejection that nobody takes. */
  add(call: Promise<unknown>): void {
    this.failed.push(call);
    call.catch(() => undefined);
    const reads = this.reads.get(call);
    if (reads !== undefined) reads.ours += 1;
  }

  /** Those that still nobody has waited for. All have ended by now. */
  list(): readonly Promise<unknown>[] {
    return this.failed.filter((call) => {
      const reads = this.reads.get(call);
      return reads !== undefined && reads.all <= reads.ours + reads.like.all;
    });
  }

  private sample(result: unknown): Reads {
    let end: (result: unknown) => void = () => undefined;
    const nobodys = new Promise((resolve) => (end = resolve));
    const reads = { all: 0, ours: 0, like: { all: 0 } };
    this.reads.set(nobodys, reads);
    Object.setPrototypeOf(nobodys, this.counting);
    end(result);
    return reads;
  }
}

function countingReads(count: (call: object) => void): object {
  function get(this: object) {
    count(this);
    return Promise;
  }
  return Object.create(Promise.prototype, { constructor: { get } }) as object;
}
