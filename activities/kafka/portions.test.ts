import { expect, test } from 'vitest';
import { portionsOf } from './portions.js';

const message = (key: string, bytes: number) => ({ key, value: 'x'.repeat(bytes) });

test('messages go in portions of half a megabyte, in order, and one that is larger goes alone', () => {
  const messages = [message('a', 200_000), message('b', 200_000), message('c', 200_000), message('d', 900_000), message('e', 1)];
  expect([...portionsOf(messages)].map((portion) => portion.map(({ key }) => key))).toEqual([['a', 'b'], ['c'], ['d'], ['e']]);
});

test('many small messages are weighed with what stands around them', () => {
  const sizes = [...portionsOf(Array.from({ length: 10_000 }, () => message('', 0)))].map(({ length }) => length);
  expect(sizes).toEqual([2_500, 2_500, 2_500, 2_500]);
});
