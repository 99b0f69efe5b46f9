import { randomUUID } from 'node:crypto';
import { type IHeaders, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import type { PublishedEvent } from '../../../worker/events/index.js';

/** An event as Kafka has it. */
export interface TopicEvent extends PublishedEvent {
  /** When the broker took it, in milliseconds since the epoch. */
  takenAt: number;
  /** As JSON. */
  headers: string;
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
      const eachMessage = async ({ partition, message }: { partition: number; message: KafkaMessage }) => {
        found.push(eventOf(message));
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

function eventOf({ key, value, headers, timestamp }: KafkaMessage): TopicEvent {
  return { key: String(key), value: String(value), headers: textOf(headers), takenAt: Number(timestamp) };
}

function textOf(headers: IHeaders = {}): string {
  return JSON.stringify(Object.entries(headers).map(([name, value]) => [name, String(value)]));
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
