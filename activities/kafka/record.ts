import type { KafkaMessage } from 'kafkajs';
import { ValidationError } from '../../sdk/index.js';
import type { TopicSource } from './source.js';

/** The columns that each message brings beside its value, in DuckDB's types. */
export const ownColumns = { kafka_partition: 'INTEGER', kafka_offset: 'BIGINT', kafka_time: 'TIMESTAMP', kafka_key: 'VARCHAR' } as const;

/** A message as a JSON object on one line. A value stays the text that it is, so that no long number is rounded. */
export function recordOf(message: KafkaMessage, partition: number, source: TopicSource): string {
  const { offset, timestamp, key, value } = message;
  const time = new Date(Number(timestamp)).toISOString().replace('T', ' ').replace('Z', '');
  const own = `"kafka_partition":${partition},"kafka_offset":${offset},"kafka_time":"${time}","kafka_key":${JSON.stringify(key?.toString() ?? null)}`;
  if (source.format === 'text') return `{${own},"value":${JSON.stringify(value?.toString() ?? null)}}`;
  const fields = value === null ? '' : fieldsOf(value.toString(), `${source.kafka}:${source.topic}, partition ${partition}, offset ${offset}`);
  return `{${own}${fields}}`;
}

/** What stands between an object's braces, behind a comma. */
function fieldsOf(text: string, where: string): string {
  const line = text.trim().replace(/[\r\n]+/g, ' ');
  if (!isObject(line))
    throw new ValidationError(`The message at ${where} is no JSON object.`, {
      where,
      fix: "Take the topic with format: 'text', or with a watermark behind it.",
    });
  const inside = line.slice(1, -1).trim();
  return inside === '' ? '' : `,${inside}`;
}

function isObject(text: string): boolean {
  try {
    return text.startsWith('{') && typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
