import { expect, test } from 'vitest';
import { PrintedLines } from './printed-lines.js';

function printed(secrets: string[], chunks: string[]): string[] {
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  const lines = new PrintedLines({ info: log, warn: log }, secrets);
  for (const chunk of chunks) lines.add('stdout', chunk);
  lines.end();
  return logged;
}

test.each([1, 2, 3, 4, 5, 6, 7])('a secret that comes in two pieces of an overlong line is masked: cut after %i', (cut) => {
  const secret = 'geheim99';
  const lines = printed([secret, 'word'], [`${'x'.repeat(4_000)}${secret.slice(0, cut)}`, `${secret.slice(cut)} and on`]);
  expect(lines.join('')).toContain('*** and on');
});

test('of an overlong line the beginning of each piece is logged', () => {
  expect(printed([], ['x'.repeat(4_001), 'y\n'])).toEqual(['x'.repeat(4_000), 'y']);
  expect(printed(['secret'], ['x'.repeat(4_010)]).map(({ length }) => length)).toEqual([4_000, 5]);
});
