import { join } from 'node:path';
import type { Message } from 'kafkajs';
import type * as z from 'zod';
import { ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { parseExactly, wordOf } from '../http/exact-json.js';
import { BatchSender } from '../kafka/batch-sender.js';
import { kafkaError, kafkaOf, patience } from '../kafka/client.js';
import { callHeader, rowHeader } from '../kafka/committed-rows.js';
import { orAborted, soon } from '../kafka/soon.js';
import { outsideId } from '../outside/outside-id.js';
import { patiently } from '../outside/patience.js';
import { linesOf } from './lines-of.js';
import type { OutgoingRows } from './outgoing-rows.js';
import type { Exported } from './steps.js';
import type { KafkaTarget } from './target.js';

type To = z.output<typeof KafkaTarget>;

interface Outgoing {
  readonly file: string;
  readonly to: To;
  /** Of this call: the producer's transactional id and the group that keeps how far it is. */
  readonly id: string;
  readonly context: StepContext;
  /** Rows that are in the topic; at least so many while it is unknown what came of a commit. */
  sent: number;
  isSure: boolean;
}

/**
 * Sends the rows as JSON messages, a batch a transaction. Where the batch began is committed with it, so that an attempt finds what is there and sends
 * the rest, and the transactional id shuts out an attempt that wakes up late: a consumer that reads committed messages sees each row once.
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
    await producer.connect();
    const first = await firstOf(messagesOf(outgoing));
    if (first === undefined) return;
    const sender = await BatchSender.begin({ kafka, admin, producer, id, topic: to.topic, signal: context.signal }, first.message);
    await sendAll(sender, outgoing);
  } finally {
    await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
  }
}

async function sendAll(sender: BatchSender, outgoing: Outgoing): Promise<void> {
  const { to, context } = outgoing;
  const known = () => Object.assign(outgoing, { sent: sender.sent, isSure: true });
  let messages: Message[] = [];
  const flush = async (row: number) => {
    context.signal.throwIfAborted();
    outgoing.isSure = false;
    await sender.send(messages, row);
    known();
    context.heartbeat({ rows: row });
    messages = [];
  };
  known();
  let last = 0;
  for await (const { row, message } of messagesOf(outgoing)) {
    last = row;
    if (!sender.has(row)) messages.push(message);
    if (messages.length >= to.batch) await flush(row);
  }
  if (messages.length > 0) await flush(last);
}

async function firstOf<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item;
  return undefined;
}

async function* messagesOf({ file, to, id }: Outgoing): AsyncGenerator<{ row: number; message: Message }> {
  let row = 0;
  for await (const line of linesOf(file)) {
    row += 1;
    yield { row, message: messageOf(line, row, to, id) };
  }
}

/** The record stays the text that the engine wrote. The headers let consumers that read uncommitted messages leave out repeats. */
function messageOf(line: string, row: number, { key, topic }: To, id: string): Message {
  const headers = { 'content-type': 'application/json', [callHeader]: id, [rowHeader]: String(row) };
  return { value: line, headers, key: key === undefined ? null : keyOf(line, key, topic) };
}

function keyOf(line: string, column: string, topic: string): string | null {
  const record = parseExactly(line) as Record<string, unknown>;
  if (!(column in record)) throw new ValidationError(`The rows have no column '${column}' to be the key of messages on ${topic}.`, { code: 'unknown_column' });
  const value = record[column];
  return value === null ? null : (wordOf(value) ?? JSON.stringify(value));
}
