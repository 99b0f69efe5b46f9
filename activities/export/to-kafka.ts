import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Message, Producer } from 'kafkajs';
import type * as z from 'zod';
import { ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { parseExactly, wordOf } from '../http/exact-json.js';
import { kafkaError, kafkaOf } from '../kafka/client.js';
import { portionsOf } from '../kafka/portions.js';
import { SentRows } from '../kafka/sent-rows.js';
import { orAborted, soon } from '../kafka/soon.js';
import { outsideId } from '../outside/outside-id.js';
import { patiently } from '../outside/patience.js';
import type { OutgoingRows } from './outgoing-rows.js';
import type { Exported } from './steps.js';
import type { KafkaTarget } from './target.js';

type To = z.output<typeof KafkaTarget>;

/** Milliseconds for which a cluster that is away is waited for. */
const patience = 5 * 60_000;

interface Outgoing {
  readonly file: string;
  readonly to: To;
  /** Of this call: the producer's transactional id and the group that counts. */
  readonly id: string;
  readonly context: StepContext;
  /** Rows that are in the topic; at least so many while it is unknown what came of a commit. */
  sent: number;
  isSure: boolean;
}

/**
 * Sends the rows as JSON messages, a batch a transaction. The count of rows is committed with them, so that an attempt goes on behind what is there,
 * and the transactional id shuts out an attempt that wakes up late: a consumer that reads committed messages sees each row once.
 */
export async function exportToKafka(rows: OutgoingRows, to: To, context: StepContext): Promise<Exported> {
  const file = join(rows.folder, 'rows.jsonl');
  const { rows: all, bytes } = await rows.write(file, 'jsonl', 'steady');
  const { signal, log } = context;
  const onTrouble = ({ message }: Error) => log.warn(`The export waits: ${message}`);
  const outgoing = { file, to, id: outsideId(context.key, 1), context, sent: 0, isSure: false };
  const sending = patiently({ limit: patience, signal, onTrouble }, () => send(outgoing).catch((error: unknown) => refuse(to, error)));
  try {
    await orAborted(signal, sending);
  } catch (error) {
    if (signal.aborted) {
      // A batch that is on its way is let through, so that its rows can be counted.
      await soon(sending);
      log.warn(`The export is stopped: ${outgoing.isSure ? '' : 'at least '}${outgoing.sent} of ${all} rows are in '${to.topic}', and stay there.`);
    }
    throw error;
  }
  return { rows: all, bytes, location: `${to.kafka}:${to.topic}` };
}

function refuse({ kafka }: To, error: unknown): never {
  throw kafkaError(kafka, error);
}

async function send(outgoing: Outgoing): Promise<void> {
  const { to, id, context } = outgoing;
  const kafka = kafkaOf(context.connection(to.kafka, 'kafka'), 3);
  const admin = kafka.admin();
  // A failed producer is not used again: kafkajs's would fail on every topic after an unknown one.
  const producer = kafka.producer({ transactionalId: id, idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [to.topic] });
    // Its first transaction ends what an earlier attempt left open, so that the count is final.
    await producer.connect();
    await (await producer.transaction()).abort();
    outgoing.sent = await new SentRows(id, to.topic).count(admin);
    outgoing.isSure = true;
    await sendFrom(producer, outgoing);
  } finally {
    await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
  }
}

async function sendFrom(producer: Producer, outgoing: Outgoing): Promise<void> {
  const { file, to, id, context, sent } = outgoing;
  const progress = new SentRows(id, to.topic);
  let row = 0;
  let messages: Message[] = [];
  const flush = async () => {
    context.signal.throwIfAborted();
    const transaction = await producer.transaction();
    try {
      for (const portion of portionsOf(messages)) await transaction.send({ topic: to.topic, acks: -1, messages: portion });
      await transaction.sendOffsets(progress.after(row));
      outgoing.isSure = false;
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => undefined);
      throw error;
    }
    outgoing.sent = row;
    outgoing.isSure = true;
    context.heartbeat({ rows: row });
    messages = [];
  };
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    row += 1;
    if (row > sent) messages.push(messageOf(line, row, to, id));
    if (messages.length >= to.batch) await flush();
  }
  if (messages.length > 0) await flush();
}

/** The record stays the text that the engine wrote. The headers let consumers that read uncommitted messages leave out repeats. */
function messageOf(line: string, row: number, { key, topic }: To, id: string): Message {
  const headers = { 'content-type': 'application/json', 'headrace-call': id, 'headrace-row': String(row) };
  return { value: line, headers, key: key === undefined ? null : keyOf(line, key, topic) };
}

function keyOf(line: string, column: string, topic: string): string | null {
  const record = parseExactly(line) as Record<string, unknown>;
  if (!(column in record)) throw new ValidationError(`The rows have no column '${column}' to be the key of messages on ${topic}.`, { code: 'unknown_column' });
  const value = record[column];
  return value === null ? null : (wordOf(value) ?? JSON.stringify(value));
}
