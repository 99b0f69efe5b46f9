import type { KafkaMessage } from 'kafkajs';
import { expect, test } from 'vitest';
import { ValidationError } from '../../sdk/index.js';
import { Records } from './records.js';

const message = (timestamp: string) => ({ offset: '7', timestamp, key: null, value: Buffer.from('{"n":1}'), headers: {} }) as unknown as KafkaMessage;
const records = new Records({ kafka: 'bus', topic: 'sales', format: 'json' });

test.each([
  ['1000000000000', '"2001-09-09 01:46:40.000"'],
  ['-1', 'null'],
])('a message that is stamped %s has the time %s', (timestamp, time) => {
  expect(records.recordOf(message(timestamp), 0)).toBe(`{"kafka_partition":0,"kafka_offset":7,"kafka_time":${time},"kafka_key":null,"n":1}`);
});

test.each(['1700000000000000000', '1700000000000000', '-2'])(
  'a message that is stamped %s, which are no milliseconds, is refused by its offset',
  (timestamp) => {
    expect(() => records.recordOf(message(timestamp), 0)).toThrow(ValidationError);
    expect(() => records.recordOf(message(timestamp), 0)).toThrow(/offset 7 is stamped .*, which is no time in milliseconds/);
  },
);
