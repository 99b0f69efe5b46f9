import type { KafkaMessage } from 'kafkajs';
import { ValidationError } from '../../sdk/index.js';
import { objectIn } from '../http/unexpected-answer.js';
import type { TopicSource } from './source.js';

/** The columns that each message brings beside its value, in DuckDB's types. */
export const ownColumns = { kafka_partition: 'INTEGER', kafka_offset: 'BIGINT', kafka_time: 'TIMESTAMP', kafka_key: 'VARCHAR' } as const;

const asText = "Take the topic with format: 'text', or with a watermark behind it.";

/** Messages as JSON objects, each on one line. A value stays the text that it is, so that no long number is rounded. */
export class Records {
  /** Fields that were seen, by their names in small letters: to DuckDB `id` and `ID` are one column. */
  private readonly fields = new Map<string, string>(Object.keys(ownColumns).map((name) => [name, 'a column of the message itself']));

  constructor(private readonly source: TopicSource & { readonly types?: unknown }) {}

  /** @throws ValidationError when a message cannot be a row of the others' table */
  recordOf(message: KafkaMessage, partition: number): string {
    const { offset, timestamp, key, value } = message;
    const { kafka, topic, format } = this.source;
    const where = `${kafka}:${topic}, partition ${partition}, offset ${offset}`;
    const time = JSON.stringify(timeOf(Number(timestamp), where));
    const own = `"kafka_partition":${partition},"kafka_offset":${offset},"kafka_time":${time},"kafka_key":${JSON.stringify(key?.toString() ?? null)}`;
    if (format === 'text') return `{${own},"value":${JSON.stringify(value?.toString() ?? null)}}`;
    return `{${own}${value === null ? '' : this.fieldsOf(value.toString(), where)}}`;
  }

  /** What stands between an object's braces, behind a comma. */
  private fieldsOf(text: string, where: string): string {
    const line = text.trim().replace(/[\r\n]+/g, ' ');
    const record = objectIn(line);
    if (record === undefined) throw new ValidationError(`The message at ${where} is no JSON object.`, { where, fix: asText });
    for (const name of Object.keys(record)) this.requireOneName(name, where);
    const inside = line.slice(1, -1).trim();
    return inside === '' ? '' : `,${inside}`;
  }

  private requireOneName(name: string, where: string): void {
    const small = name.toLowerCase();
    const known = this.fields.get(small);
    if (known === name) return;
    if (known === undefined) return void this.fields.set(small, name);
    if (!(small in ownColumns) && this.source.types !== undefined) return;
    throw new ValidationError(`The message at ${where} has a field '${name}' beside ${small in ownColumns ? known : `'${known}'`}: they would be one column.`, {
      where,
      fix: small in ownColumns ? "Take the topic with format: 'text'." : "Say by types which of them are taken, or take the topic with format: 'text'.",
    });
  }
}

const latest = Date.UTC(9999, 11, 31);

/** Null of a message that tells none (-1). */
function timeOf(milliseconds: number, where: string): string | null {
  if (milliseconds === -1) return null;
  if (milliseconds > -1 && milliseconds <= latest) return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '');
  throw new ValidationError(`The message at ${where} is stamped ${milliseconds}, which is no time in milliseconds.`, {
    where,
    fix: 'Correct what writes it: Kafka counts the milliseconds since 1970. Go on with a watermark behind it.',
  });
}
