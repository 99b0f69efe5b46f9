import { expect, test } from 'vitest';
import { readInput } from './read-input.js';

test.each([
  ['limit=5', 5],
  ['limit=-0.5', -0.5],
  ['limit=true', true],
  ['limit=[1,2]', [1, 2]],
  ['limit=', ''],
])('%s has the value that JSON gives it', (word, limit) => {
  expect(readInput([word])).toEqual({ limit });
});

test.each(['007', '-01.5', '12345678901234567890', '9007199254740993', '1e5', '+1'])('%s stays text, so that nothing of it is lost', (text) => {
  expect(readInput([`id=${text}`])).toEqual({ id: text });
});
