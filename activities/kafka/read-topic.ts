import { open } from 'node:fs/promises';
import type { Admin, KafkaMessage } from 'kafkajs';
import type { StepContext } from '../../sdk/node/index.js';
import { outsideId } from '../outside/outside-id.js';
import { patiently } from '../outside/patience.js';
import { kafkaError, kafkaOf, patience } from './client.js';
import { GroupConsumer } from './group-consumer.js';
import { Positions } from './positions.js';
import { type Range, rangesOf } from './range.js';
import { readRanges } from './read-ranges.js';
import { Records } from './records.js';
import { orAborted, soon } from './soon.js';
import type { TopicSource } from './source.js';

/** Writes the messages of a topic as JSON lines into a file, up to the end that it has now. Gives the watermark of the next extraction. */
export async function readTopic(
  source: TopicSource & { readonly types?: unknown },
  toFile: string,
  context: StepContext,
): Promise<{ watermark: string; records: number }> {
  const { signal } = context;
  const connection = context.connection(source.kafka, 'kafka');
  const admin = kafkaOf(connection, 3).admin();
  const refused = (error: unknown) => {
    signal.throwIfAborted();
    throw kafkaError(source.kafka, error);
  };
  const file = await open(toFile, 'w');
  const lines = new Records(source);
  let records = 0;
  const write = async (messages: readonly KafkaMessage[], partition: number) => {
    await file.write(messages.map((message) => `${lines.recordOf(message, partition)}\n`).join(''));
    records += messages.length;
    context.heartbeat({ rows: records });
  };
  const ranges = patiently({ limit: patience, signal }, () => begin(admin, source, context).catch(refused));
  let consumer: GroupConsumer | undefined;
  try {
    const positions = new Positions(source.topic, await orAborted(signal, ranges));
    if (!positions.isDone) {
      consumer = new GroupConsumer(kafkaOf(connection, 20), outsideId(context.key, 1));
      await readRanges(consumer, positions, write, signal).catch(refused);
    }
    return { watermark: positions.watermark, records };
  } finally {
    await soon(ranges.catch(() => undefined).then(() => clearAway(admin, consumer)));
    await file.close();
  }
}

async function begin(admin: Admin, source: TopicSource, context: StepContext): Promise<Range[]> {
  await admin.connect();
  return rangesOf(admin, source, context);
}

async function clearAway(admin: Admin, consumer: GroupConsumer | undefined): Promise<void> {
  await consumer?.clearAway(admin);
  await admin.disconnect();
}
