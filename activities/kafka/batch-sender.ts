import type { Admin, Kafka, Message, Producer, Transaction } from 'kafkajs';
import { committedRows } from './committed-rows.js';
import { portionsOf } from './portions.js';
import { rangeFrom } from './range.js';
import { type BatchStart, SentRows } from './sent-rows.js';

interface Export {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  /** Of the call: the producer's transactional id and the group that keeps how far it is. */
  readonly id: string;
  readonly topic: string;
  readonly signal: AbortSignal;
}

/** Sends rows to a topic, a batch a transaction, behind what earlier attempts of the same call have sent. */
export class BatchSender {
  private constructor(
    private readonly to: Export,
    private readonly place: SentRows,
    private next: BatchStart,
    /** Of the rows behind `next.before`, those that are in the topic. */
    private there: ReadonlySet<number>,
  ) {}

  /**
   * Shuts out earlier attempts and finds out what they have sent.
   *
   * @param to - the export; its admin and its producer are connected
   * @param any - one of its rows, sent and taken back where it must be found out
   */
  static async begin(to: Export, any: Message): Promise<BatchSender> {
    const place = new SentRows(to.id, to.topic);
    // A producer's first transaction ends what an earlier attempt left open.
    const transaction = await to.producer.transaction();
    const last = await place.lastBatch(to.admin);
    if (last === undefined) {
      const ends = await to.admin.fetchTopicOffsets(to.topic);
      const first = { before: 0, positions: new Map(ends.map(({ partition, high }) => [partition, Number(high)])) };
      await ended(transaction, () => transaction.sendOffsets(place.offsets(first)));
      return new BatchSender(to, place, first, new Set());
    }
    await takeBack(transaction, to, place, last, any);
    return new BatchSender(to, place, last, await rowsBehind(to, last));
  }

  /** Rows that are in the topic. */
  get sent(): number {
    return this.next.before + this.there.size;
  }

  has(row: number): boolean {
    return row <= this.next.before || this.there.has(row);
  }

  /** Sends the rows up to this one that are not in the topic. */
  async send(messages: readonly Message[], upTo: number): Promise<void> {
    const { producer, topic } = this.to;
    const positions = new Map(this.next.positions);
    const transaction = await producer.transaction();
    await ended(transaction, async () => {
      for (const portion of portionsOf(messages)) {
        for (const { partition, baseOffset } of await transaction.send({ topic, acks: -1, messages: portion }))
          positions.set(partition, Math.max(positions.get(partition) ?? 0, Number(baseOffset)));
      }
      await transaction.sendOffsets(this.place.offsets(this.next));
    });
    this.next = { before: upTo, positions };
    this.there = behind(upTo, this.there);
  }
}

/** Commits what was done in a transaction, or aborts it. */
async function ended(transaction: Transaction, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    await transaction.commit();
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
}

/**
 * A broker that dies between a commit and its marks forgets those that it has not made yet (seen: Kafka 4.4, one broker), and makes them with the
 * producer's next: what of the last batch is still undecided somewhere is aborted there, so that what is committed now is all that will be.
 */
async function takeBack(transaction: Transaction, { topic }: Export, place: SentRows, last: BatchStart, any: Message): Promise<void> {
  const messages = [...last.positions.keys()].map((partition) => ({ ...any, partition }));
  await transaction.send({ topic, acks: -1, messages });
  await transaction.sendOffsets(place.offsets(last));
  await transaction.abort();
}

async function rowsBehind({ kafka, admin, id, topic, signal }: Export, { before, positions }: BatchStart): Promise<Set<number>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const ranges = offsets.map((entry) => rangeFrom(positions.get(entry.partition) ?? 0, entry));
  const rows = await committedRows(kafka, admin, id, topic, ranges, signal);
  return behind(before, rows);
}

function behind(before: number, rows: ReadonlySet<number>): Set<number> {
  return new Set([...rows].filter((row) => row > before));
}
