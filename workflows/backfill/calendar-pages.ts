import type { Partition, PartitionRange } from '../../activities/partition/partition.js';
import { listPartitions, mostListed } from '../../activities/partition/steps.js';

const pageLength = 250;

/** A range's partitions, listed a page at a time when one of the page is needed. */
export class CalendarPages {
  private readonly pages = new Map<number, ReturnType<typeof listPartitions>>();

  constructor(private readonly range: PartitionRange) {}

  /** How many there are. @throws ValidationError when the range is wrong */
  async count(): Promise<number> {
    return (await this.page(0)).total;
  }

  async at(index: number): Promise<Partition> {
    const number = Math.floor(index / pageLength);
    const { partitions } = await this.page(number);
    return partitions[index - number * pageLength] as Partition;
  }

  /** Some, wherever they are. */
  async pick(indexes: readonly number[]): Promise<Map<number, Partition>> {
    const picked: Partition[] = [];
    for (let from = 0; from < indexes.length; from += mostListed) {
      const { partitions } = await listPartitions({ ...this.range, at: indexes.slice(from, from + mostListed) });
      picked.push(...partitions);
    }
    return new Map(picked.map((partition) => [partition.index, partition]));
  }

  private page(number: number): ReturnType<typeof listPartitions> {
    const known = this.pages.get(number);
    if (known !== undefined) return known;
    const page = listPartitions({ ...this.range, from: number * pageLength, limit: pageLength });
    this.pages.set(number, page);
    return page;
  }
}
