import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import type { PublishedEvent } from '../../../worker/events/index.js';

/** An event as Kafka has it. */
export interface TopicEvent extends PublishedEvent {
  /** When the broker took it, in milliseconds since the epoch. */
  takenAt: number;
}

/** Everything on a topic, from its beginning to what is there now; each partition in its order. */
export async function readTopic(broker: string, topic: string): Promise<TopicEvent[]> {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const left = await endsOf(kafka, topic);
  const found: TopicEvent[] = [];
  if (left.size === 0) return found;
  const consumer = kafka.consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error));
      const eachMessage = async ({
        partition,
        message,
      }: {
        partition: number;
        message: { key: Buffer | null; value: Buffer | null; timestamp: string; offset: string };
      }) => {
        found.push({ key: String(message.key), value: String(message.value), takenAt: Number(message.timestamp) });
        if (Number(message.offset) + 1 >= (left.get(partition) ?? Number.POSITIVE_INFINITY)) left.delete(partition);
        if (left.size === 0) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}

/** Where each partition that has something ends. */
async function endsOf(kafka: Kafka, topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.filter(({ high }) => Number(high) > 0).map(({ partition, high }) => [partition, Number(high)]));
  } finally {
    await admin.disconnect();
  }
}
