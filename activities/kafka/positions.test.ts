import { expect, test } from 'vitest';
import { Positions } from './positions.js';

test('a partition that is added while a topic is read is left to the next extraction', () => {
  const positions = new Positions('sales', [{ partition: 0, start: 3, end: 10 }]);
  positions.passed(1, 5);
  expect([positions.isDone, positions.watermark]).toEqual([false, '{"0":"3"}']);
  positions.passed(0, 10);
  expect([positions.isDone, positions.watermark]).toEqual([true, '{"0":"10"}']);
});
