import type { Admin } from 'kafkajs';

/**
 * How many rows of a call are in its topic, as the call's own consumer group says: each batch commits the count in the transaction of its messages,
 * so that both are there or neither is. The group has no consumers.
 */
export class SentRows {
  constructor(
    private readonly group: string,
    private readonly topic: string,
  ) {}

  /** For `sendOffsets` of a transaction. */
  after(rows: number) {
    return { consumerGroupId: this.group, topics: [{ topic: this.topic, partitions: [{ partition: 0, offset: String(rows) }] }] };
  }

  async count(admin: Admin): Promise<number> {
    const [found] = await admin.fetchOffsets({ groupId: this.group, topics: [this.topic] });
    const offset = Number(found?.partitions.find(({ partition }) => partition === 0)?.offset ?? -1);
    return Math.max(offset, 0);
  }
}
