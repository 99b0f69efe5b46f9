import { type FileHandle, open } from 'node:fs/promises';
import type { Admin, Consumer, EachBatchPayload } from 'kafkajs';
import type { StepContext } from '../../sdk/node/index.js';
import { outsideId } from '../outside/outside-id.js';
import { patiently } from '../outside/patience.js';
import { kafkaError, kafkaOf } from './client.js';
import { GroupConsumer, hold } from './group-consumer.js';
import { type Range, rangesOf, watermarkOf } from './range.js';
import { recordOf } from './record.js';
import { orAborted, soon } from './soon.js';
import type { TopicSource } from './source.js';

/** So many questions in a row that bring nothing, and what is left belongs to a transaction that is still open: the next extraction reads it. */
const emptyRounds = 60;
/** Milliseconds for which a cluster that is away is waited for. */
const patience = 5 * 60_000;

/** Writes the messages of a topic as JSON lines into a file, up to the end that it has now. Gives the watermark of the next extraction. */
export async function readTopic(source: TopicSource, toFile: string, context: StepContext): Promise<{ watermark: string; records: number }> {
  const { signal } = context;
  const connection = context.connection(source.kafka, 'kafka');
  const admin = kafkaOf(connection, 3).admin();
  const refused = (error: unknown) => {
    signal.throwIfAborted();
    throw kafkaError(source.kafka, error);
  };
  const file = await open(toFile, 'w');
  const ranges = patiently({ limit: patience, signal }, () => begin(admin, source, context).catch(refused));
  let consumer: GroupConsumer | undefined;
  try {
    const reading = new Reading(source, await orAborted(signal, ranges), file, context);
    if (!reading.isDone) {
      consumer = new GroupConsumer(kafkaOf(connection, 20), outsideId(context.key, 1));
      await consume(consumer, reading, source, context).catch(refused);
    }
    return { watermark: watermarkOf(reading.positions), records: reading.records };
  } finally {
    await soon(ranges.catch(() => undefined).then(() => clearAway(admin, consumer)));
    await file.close();
  }
}

async function begin(admin: Admin, source: TopicSource, context: StepContext): Promise<Range[]> {
  await admin.connect();
  return rangesOf(admin, source, context);
}

function consume(group: GroupConsumer, reading: Reading, { topic }: TopicSource, context: StepContext): Promise<void> {
  return new Promise((resolve, reject) => {
    watch(group.consumer, reading, context, resolve, reject);
    // kafkajs would try again what a message itself forbids.
    const refuse = (error: Error) => {
      reject(error);
      throw error;
    };
    group.start(topic, (batch) => reading.take(batch).catch(refuse)).catch(reject);
  });
}

/** A group without a consumer can be deleted; the right to may be missing. */
async function clearAway(admin: Admin, consumer: GroupConsumer | undefined): Promise<void> {
  if (consumer !== undefined) {
    await consumer.leave().catch(() => undefined);
    await admin.deleteGroups([consumer.group]).catch(() => undefined);
  }
  await admin.disconnect();
}

function watch(consumer: Consumer, reading: Reading, { signal }: StepContext, resolve: () => void, reject: (error: unknown) => void): void {
  const empty = new Map<number, number>();
  let away: NodeJS.Timeout | undefined;
  const isBack = () => clearTimeout(away);
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
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
    this.context.signal.throwIfAborted();
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
