import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Duration, formatDuration, toMilliseconds } from './duration.js';

describe('a duration', () => {
  test.each<[Duration, number]>([
    ['500 ms', 500],
    ['1 second', 1_000],
    ['90 seconds', 90_000],
    ['1.5 minutes', 90_000],
    ['4 hours', 14_400_000],
    ['1 day', 86_400_000],
    ['30 days', 2_592_000_000],
    [0, 0],
    [12.4, 12],
  ])('%s is %d ms', (duration, milliseconds) => {
    expect(toMilliseconds(duration)).toBe(milliseconds);
  });

  test.each(['4h', '4hours', 'four hours', '-1 second', '1 week', '', ' 1 day', '1e3 ms', -1, Number.NaN, Number.POSITIVE_INFINITY])(
    '%s is refused with the form',
    (text) => {
      expect(() => toMilliseconds(text as Duration)).toThrow(/is not a duration\. Write it as '30 seconds'/);
    },
  );

  test('of any whole count and unit is that many of the unit', () => {
    const units = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])), (count, unit) => {
        expect(toMilliseconds(`${count} ${unit}`)).toBe(count * units[unit]);
        expect(toMilliseconds(`${count} ${unit}s`)).toBe(count * units[unit]);
      }),
    );
  });
});

describe('a duration for people', () => {
  test.each([
    [0, '0ms'],
    [820, '820ms'],
    [1_000, '1s'],
    [323_000, '5m 23s'],
    [3_600_000, '1h'],
    [3_601_000, '1h'],
    [93_600_000, '1d 2h'],
    [86_400_000 * 3, '3d'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test('has one or two units, and is never empty', () => {
    fc.assert(fc.property(fc.nat(10 ** 10), (value) => void expect(formatDuration(value)).toMatch(/^\d+(ms|[smhd])( \d+[smh])?$/)));
  });
});
