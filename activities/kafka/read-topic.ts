import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { StepContext } from '../../sdk/node/index.js';
import { outsideId } from '../outside/outside-id.js';
import { patiently } from '../outside/patience.js';
import { kafkaError, kafkaOf } from './client.js';
import { type Range, rangesOf, watermarkOf } from './range.js';
import { recordOf } from './record.js';
import type { TopicSource } from './source.js';

/** Milliseconds for which a broker holds a question that it has no messages for. */
const hold = 500;
/** So many of them in a row, and what is left belongs to a transaction that is still open: the next extraction reads it. */
const emptyRounds = 60;
/** Milliseconds for which a consumer may take its leave. */
const leave = 5_000;
/** Milliseconds for which a cluster that is away is waited for. */
const patience = 5 * 60_000;

/** Writes the messages of a topic as JSON lines into a file, up to the end that it has now. Gives the watermark of the next extraction. */
export async function readTopic(source: TopicSource, toFile: string, context: StepContext): Promise<{ watermark: string; records: number }> {
  const connection = context.connection(source.kafka, 'kafka');
  const admin = kafkaOf(connection, 3).admin();
  const refused = (error: unknown) => {
    throw kafkaError(source.kafka, error);
  };
  const file = await open(toFile, 'w');
  try {
    const ranges = await patiently({ limit: patience, signal: context.signal }, () => begin(admin, source, context).catch(refused));
    const reading = new Reading(source, ranges, file, context);
    if (!reading.isDone) await consume(kafkaOf(connection, 20), reading, source, context).catch(refused);
    await admin.deleteGroups([groupOf(context)]).catch(() => undefined);
    return { watermark: watermarkOf(reading.positions), records: reading.records };
  } finally {
    await Promise.allSettled([file.close(), admin.disconnect()]);
  }
}

async function begin(admin: Admin, source: TopicSource, context: StepContext): Promise<Range[]> {
  await admin.connect();
  return rangesOf(admin, source, context);
}

const groupOf = ({ key }: StepContext) => outsideId(key, 1);

async function consume(kafka: Kafka, reading: Reading, { topic }: TopicSource, context: StepContext): Promise<void> {
  const consumer = kafka.consumer({ groupId: groupOf(context), allowAutoTopicCreation: false, maxWaitTimeInMs: hold });
  try {
    await new Promise<void>((resolve, reject) => {
      watch(consumer, reading, context, resolve, reject);
      start(consumer, reading, topic, reject).catch(reject);
    });
  } finally {
    await Promise.race([consumer.disconnect().catch(() => undefined), wait(leave, undefined, { ref: false })]);
  }
}

async function start(consumer: Consumer, reading: Reading, topic: string, reject: (error: unknown) => void): Promise<void> {
  await consumer.connect();
  // From the beginning until the seek: what is read before the range is passed over, and nothing behind it is missed.
  await consumer.subscribe({ topic, fromBeginning: true });
  // kafkajs would try again what a message itself forbids.
  const refuse = (error: unknown) => {
    reject(error);
    throw error;
  };
  await consumer.run({ autoCommit: false, eachBatch: (payload) => reading.take(payload).catch(refuse) });
}

function watch(consumer: Consumer, reading: Reading, { signal }: StepContext, resolve: () => void, reject: (error: unknown) => void): void {
  const empty = new Map<number, number>();
  let away: NodeJS.Timeout | undefined;
  const isBack = () => clearTimeout(away);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  consumer.on(consumer.events.GROUP_JOIN, () => {
    isBack();
    for (const seek of reading.seeks()) consumer.seek(seek);
  });
  // It is also told of batches that hold marks of transactions only, which nobody is given.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    empty.clear();
    reading.passed(partition, Number(lastOffset) + 1);
    if (reading.isDone) resolve();
  });
  // A question that the broker held for its whole time was answered with nothing; one that broke off was not.
  consumer.on(consumer.events.FETCH, ({ payload: { nodeId, duration } }) => {
    if (duration >= hold) empty.set(Number(nodeId), (empty.get(Number(nodeId)) ?? 0) + 1);
    if (empty.size > 0 && [...empty.values()].every((rounds) => rounds >= emptyRounds)) resolve();
  });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    isBack();
    away = setTimeout(() => reject(error), patience).unref();
    if (!restart || signal.aborted) reject(error);
  });
}

/** How far each partition is read. */
class Reading {
  readonly positions: Map<number, number>;
  records = 0;

  constructor(
    private readonly source: TopicSource,
    private readonly ranges: readonly Range[],
    private readonly file: FileHandle,
    private readonly context: StepContext,
  ) {
    this.positions = new Map(ranges.map(({ partition, start }) => [partition, start]));
  }

  get isDone(): boolean {
    return this.ranges.every(({ partition, end }) => this.positionOf(partition) >= end);
  }

  seeks() {
    const { topic } = this.source;
    return [...this.positions].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
  }

  /** Messages come in order, but some may come again after a reconnect. */
  async take({ batch }: EachBatchPayload): Promise<void> {
    const end = this.ranges.find(({ partition }) => partition === batch.partition)?.end ?? 0;
    const position = this.positionOf(batch.partition);
    const fresh = batch.messages.filter(({ offset }) => Number(offset) >= position && Number(offset) < end);
    await this.file.write(fresh.map((message) => `${recordOf(message, batch.partition, this.source)}\n`).join(''));
    this.records += fresh.length;
    const last = fresh.at(-1);
    if (last !== undefined) this.passed(batch.partition, Number(last.offset) + 1);
    this.context.heartbeat({ rows: this.records });
  }

  passed(partition: number, offset: number): void {
    const end = this.ranges.find((range) => range.partition === partition)?.end ?? 0;
    this.positions.set(partition, Math.max(this.positionOf(partition), Math.min(offset, end)));
  }

  private positionOf(partition: number): number {
    return this.positions.get(partition) ?? Number.POSITIVE_INFINITY;
  }
}
