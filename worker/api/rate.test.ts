import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rate } from './rate.js';

const some = { requestsPerSecond: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 100 }) };

test('in any time, one who asks gets a burst and the rate at most, and no less for who comes back after the wait', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 300 });
  fc.assert(
    fc.property(fc.record(some), waits, (limit, pauses) => {
      let now = 0;
      const rate = new Rate(limit, () => now);
      const taken: number[] = [];
      for (const pause of pauses) {
        now += pause;
        const wait = rate.take('ann');
        if (wait === 0) taken.push(now);
        else {
          now += wait;
          expect(rate.take('ann')).toBe(0);
          taken.push(now);
        }
      }
      for (const [first, from] of taken.entries())
        for (let last = first; last < taken.length; last += 1) {
          const allowed = limit.burst + (((taken[last] as number) - from) / 1_000) * limit.requestsPerSecond;
          expect(last - first + 1).toBeLessThanOrEqual(allowed + 1e-6);
        }
    }),
  );
});

test('everybody has their own', () => {
  const rate = new Rate({ requestsPerSecond: 1, burst: 2 }, () => 0);
  expect(['ann', 'ann', 'bob', 'ann', 'bob', 'bob'].map((who) => rate.take(who))).toEqual([0, 0, 0, 1_000, 0, 1_000]);
});

test('who has not asked for long is forgotten', () => {
  let now = 0;
  const rate = new Rate({ requestsPerSecond: 100, burst: 10 }, () => now);
  for (let index = 0; index < 1_000; index += 1) rate.take(`address ${index}`);
  expect(rate.size).toBe(1_000);
  now = 11_000;
  rate.take('one');
  expect(rate.size).toBe(1);
});
