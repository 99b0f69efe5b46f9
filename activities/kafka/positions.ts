import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Range } from './range.js';

/** How far ranges of a topic are read. */
export class Positions {
  private readonly next: Map<number, number>;

  constructor(
    readonly topic: string,
    private readonly ranges: readonly Range[],
  ) {
    this.next = new Map(ranges.map(({ partition, start }) => [partition, start]));
  }

  get isDone(): boolean {
    return this.ranges.every(({ partition }) => this.isAtEnd(partition));
  }

  isAtEnd(partition: number): boolean {
    return this.of(partition) >= this.endOf(partition);
  }

  /** Where reading stopped, as the next extraction begins. */
  get watermark(): string {
    const sorted = [...this.next].sort(([one], [other]) => one - other);
    return JSON.stringify(Object.fromEntries(sorted.map(([partition, offset]) => [partition, String(offset)])));
  }

  seeks() {
    return [...this.next].map(([partition, offset]) => ({ topic: this.topic, partition, offset: String(offset) }));
  }

  /** Messages come in order, but some may come again after a reconnect. */
  fresh({ partition, messages }: EachBatchPayload['batch']): KafkaMessage[] {
    return messages.filter(({ offset }) => Number(offset) >= this.of(partition) && Number(offset) < this.endOf(partition));
  }

  /** A partition that was added since belongs to the next extraction. */
  passed(partition: number, offset: number): void {
    if (this.next.has(partition)) this.next.set(partition, Math.max(this.of(partition), Math.min(offset, this.endOf(partition))));
  }

  private endOf(partition: number): number {
    return this.ranges.find((range) => range.partition === partition)?.end ?? 0;
  }

  private of(partition: number): number {
    return this.next.get(partition) ?? Number.POSITIVE_INFINITY;
  }
}
