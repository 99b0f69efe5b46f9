import { expect, test } from 'vitest';
import { freePort } from '../dev/port.js';
import { kafkaBus } from './kafka-bus.js';

test('a Kafka that is away is told with what becomes of the events', async () => {
  const bus = kafkaBus({ brokers: [`127.0.0.1:${await freePort()}`] });
  await expect(bus.publish([])).rejects.toMatchObject({
    code: 'no_kafka',
    where: 'headrace.pipeline.events',
    fix: expect.stringContaining('wait in the registry'),
  });
  await bus.close();
});
