import * as z from 'zod';

/** Indexes of partitions that follow each other: the first, and the first that is no longer one of them. */
export const IndexRange = z.tuple([z.number().int().min(0), z.number().int().min(1)]);

export type IndexRange = z.output<typeof IndexRange>;

/** A set of indexes as ranges in order: a hundred thousand partitions are one pair of numbers as long as none of them fails. */
export class IndexRanges {
  private readonly ranges: IndexRange[];

  constructor(ranges: readonly IndexRange[] = []) {
    this.ranges = ranges.map(([from, to]) => [from, to]);
  }

  get size(): number {
    return this.ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  add(index: number): void {
    const next = this.ranges.findIndex(([, to]) => to >= index);
    const place = next === -1 ? this.ranges.length : next;
    const at = this.ranges[place];
    if (at === undefined || at[0] > index + 1) return void this.ranges.splice(place, 0, [index, index + 1]);
    if (at[0] === index + 1) at[0] = index;
    else if (at[1] === index) this.extend(at, place);
  }

  private extend(range: IndexRange, place: number): void {
    range[1] += 1;
    const following = this.ranges[place + 1];
    if (following?.[0] === range[1]) this.ranges.splice(place, 2, [range[0], following[1]]);
  }

  /** Takes the first index out, or gives undefined where there is none. */
  take(): number | undefined {
    const [first] = this.ranges;
    if (first === undefined) return undefined;
    const [index] = first;
    first[0] += 1;
    if (first[0] === first[1]) this.ranges.shift();
    return index;
  }

  list(): IndexRange[] {
    return this.ranges.map(([from, to]) => [from, to]);
  }
}
