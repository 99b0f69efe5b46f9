import type { Admin, Offsets } from 'kafkajs';

/** Where a batch of rows begins. */
export interface BatchStart {
  /** So many rows are in the topic for certain. */
  readonly before: number;
  /** By partition: the batch's messages have this offset or a later one. */
  readonly positions: ReadonlyMap<number, number>;
}

/**
 * What a call's own consumer group keeps of its export: where the batch began that was committed last, in the transaction of its messages. All rows
 * before it are in the topic, since a transaction begins when the one before has ended everywhere. The group has no consumers.
 */
export class SentRows {
  constructor(
    private readonly group: string,
    private readonly topic: string,
  ) {}

  /** For `sendOffsets` of a transaction. */
  offsets({ before, positions }: BatchStart): Offsets & { consumerGroupId: string } {
    const partitions = [...positions].map(([partition, offset]) => ({ partition, offset: String(offset), metadata: String(before) }));
    return { consumerGroupId: this.group, topics: [{ topic: this.topic, partitions }] };
  }

  /** Undefined where nothing was ever committed. */
  async lastBatch(admin: Admin): Promise<BatchStart | undefined> {
    const [found] = await admin.fetchOffsets({ groupId: this.group, topics: [this.topic] });
    const partitions = found?.partitions ?? [];
    const known = partitions.find(({ metadata }) => metadata !== null);
    if (known === undefined) return undefined;
    // A partition that came later has no offset yet.
    return { before: Number(known.metadata), positions: new Map(partitions.map(({ partition, offset }) => [partition, Math.max(Number(offset), 0)])) };
  }
}
