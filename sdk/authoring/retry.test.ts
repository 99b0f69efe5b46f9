import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toMilliseconds } from './duration.js';
import { type Retry, retryPresets, retryRule } from './retry.js';

const second = 1_000;
const minute = 60 * second;

describe('the retry presets', () => {
  // The table of SPEC §2: attempts, first wait, longest wait, backoff.
  test.each<[keyof typeof retryPresets, number, number, number, number]>([
    ['default', 5, 10 * second, 5 * minute, 2],
    ['extraction', 3, 30 * second, 10 * minute, 2],
    ['quality', 2, 10 * second, 5 * minute, 2],
    ['airflow', 3, 60 * second, 15 * minute, 2],
    ['loading', 3, 30 * second, 10 * minute, 2],
    ['notification', 5, 5 * second, minute, 1.5],
    ['backup', 2, 60 * second, 5 * minute, 2],
    ['partition', 3, 30 * second, 10 * minute, 2],
  ])('%s', (name, attempts, firstWait, longestWait, backoff) => {
    const rule = retryRule(name);
    expect({ ...rule, firstWait: toMilliseconds(rule.firstWait), longestWait: toMilliseconds(rule.longestWait) }).toEqual({
      attempts,
      firstWait,
      longestWait,
      backoff,
    });
  });

  test('are those of the table, and none for no retry', () => {
    expect(Object.keys(retryPresets).sort()).toEqual(['airflow', 'backup', 'default', 'extraction', 'loading', 'none', 'notification', 'partition', 'quality']);
    expect(retryRule('none').attempts).toBe(1);
  });
});

describe('a retry option', () => {
  test('may change a preset', () => {
    expect(retryRule({ preset: 'loading', attempts: 7 })).toEqual({ ...retryPresets.loading, attempts: 7 });
  });

  test('may be a rule of its own', () => {
    const rule = { attempts: 2, firstWait: '1 second', longestWait: '1 minute', backoff: 3 } as const;
    expect(retryRule(rule)).toEqual(rule);
  });

  test.each<[unknown, RegExp]>([
    ['often', /no retry preset 'often'\. The presets are default, extraction/],
    ['toString', /no retry preset/],
    [{ preset: 'often' }, /no retry preset 'often'/],
    [{ preset: 'loading', attempts: 0 }, /whole number of attempts/],
    [{ preset: 'loading', attempts: 1.5 }, /whole number of attempts/],
    [{ preset: 'loading', backoff: 0.5 }, /backoff is 1 or more/],
    [{ preset: 'loading', firstWait: '1 hour' }, /longestWait \(10 minutes\) is shorter/],
    [{ preset: 'loading', firstWait: 'soon' }, /'soon' is not a duration/],
    [{ attempts: 2 }, /backoff|duration/],
  ])('%j is refused', (retry, reason) => {
    expect(() => retryRule(retry as Retry)).toThrow(reason);
  });

  test('that changes a preset keeps what it does not change', () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(retryPresets) as (keyof typeof retryPresets)[])), fc.integer({ min: 1, max: 50 }), (preset, attempts) => {
        expect(retryRule({ preset, attempts })).toEqual({ ...retryPresets[preset], attempts });
      }),
    );
  });
});
