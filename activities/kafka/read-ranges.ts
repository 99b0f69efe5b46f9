import type { KafkaMessage } from 'kafkajs';
import { patience } from './client.js';
import { type GroupConsumer, hold } from './group-consumer.js';
import type { Positions } from './positions.js';

/** So many questions in a row that bring nothing, and what is left belongs to a transaction that is still open. */
const emptyRounds = 60;

type Take = (messages: readonly KafkaMessage[], partition: number) => Promise<void> | void;

/**
 * Gives the committed messages of the ranges to `take`, in the order of each partition and each once. It ends where the ranges do, or before messages
 * of a transaction that stays open: the positions say which.
 *
 * @throws what the cluster, the signal or `take` said
 */
export function readRanges(group: GroupConsumer, positions: Positions, take: Take, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    watch(group, positions, signal, resolve, reject);
    // kafkajs would try again what a message itself forbids.
    const refuse = (error: Error) => {
      reject(error);
      throw error;
    };
    const eachBatch = async ({ batch }: { batch: Parameters<Positions['fresh']>[0] }) => {
      signal.throwIfAborted();
      const fresh = positions.fresh(batch);
      await take(fresh, batch.partition);
      const last = fresh.at(-1);
      if (last !== undefined) positions.passed(batch.partition, Number(last.offset) + 1);
    };
    group.start(positions.topic, (payload) => eachBatch(payload).catch(refuse)).catch(reject);
  });
}

function watch({ consumer }: GroupConsumer, positions: Positions, signal: AbortSignal, resolve: () => void, reject: (error: unknown) => void): void {
  const empty = new Map<number, number>();
  let away: NodeJS.Timeout | undefined;
  const isBack = () => clearTimeout(away);
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  consumer.on(consumer.events.GROUP_JOIN, () => {
    isBack();
    for (const seek of positions.seeks()) consumer.seek(seek);
  });
  // It is also told of batches that hold marks of transactions only, which nobody is given.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    empty.clear();
    positions.passed(partition, Number(lastOffset) + 1);
    // What comes behind the end is nothing new.
    if (positions.isAtEnd(partition)) consumer.pause([{ topic: positions.topic, partitions: [partition] }]);
    if (positions.isDone) resolve();
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
