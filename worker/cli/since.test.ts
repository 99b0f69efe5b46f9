import { expect, test } from 'vitest';
import { readSince } from './since.js';

test.each([
  ['90s', 90],
  ['30 minutes', 1_800],
  ['2h', 7_200],
  ['1.5 hours ago', 5_400],
  ['7 days', 604_800],
])("'%s' is so many seconds ago", (text, seconds) => {
  const before = Date.now();
  const since = Date.parse(readSince(text));
  expect(before - since).toBeLessThanOrEqual(seconds * 1_000);
  expect(Date.now() - since).toBeGreaterThanOrEqual(seconds * 1_000);
});

test('a day begins in UTC, a time has its zone', () => {
  expect(readSince('2026-02-12')).toBe('2026-02-12T00:00:00.000Z');
  expect(readSince('2026-02-12T06:00:00+02:00')).toBe('2026-02-12T04:00:00.000Z');
});

test.each(['yesterday', '2026-13-01', '2026-02-12T06:00', '', '-2h', '2 fortnights', '99999999999999 weeks'])("'%s' is refused", (text) => {
  expect(() => readSince(text)).toThrow(expect.objectContaining({ code: 'bad_request', fix: expect.stringMatching(/Write/) }));
});
