import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Nudges } from './nudges.js';

const run = { workflowId: 'w', runId: 'r' };
let nudges: Nudges;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  nudges = new Nudges(1_000);
});
afterEach(() => void vi.useRealTimers());

/** Lets time pass until the run is read; gives how long that took and how often what was told was missed. */
function untilRead(limit = 10_000): { after: number; missed: number | undefined } | undefined {
  const begun = Date.now();
  for (let after = 0; after <= limit; after += 10) {
    vi.setSystemTime(begun + after);
    const [due] = nudges.take(1, () => true);
    if (due !== undefined) return { after, missed: due.missed };
  }
  return undefined;
}

test('a run is read once for many nudges, and again after the spacing at the earliest', () => {
  for (let count = 0; count < 5; count += 1) nudges.add(run, 100);
  expect(untilRead()).toEqual({ after: 100, missed: 0 });
  nudges.add(run, 100);
  expect(untilRead()).toEqual({ after: 1_000, missed: 0 });
  expect(untilRead()).toBeUndefined();
});

test('a nudge that comes just before a read puts it off until what it tells of is written', () => {
  nudges.again(run, 500);
  vi.advanceTimersByTime(480);
  nudges.add(run, 100);
  expect(untilRead()).toEqual({ after: 100, missed: 0 });
});

test('nudges that do not end put a read off for a third of a second, and no longer', () => {
  nudges.add(run, 100);
  const begun = Date.now();
  while (nudges.take(1, () => true).length === 0) {
    vi.advanceTimersByTime(20);
    nudges.add(run, 100);
  }
  expect(Date.now() - begun).toBe(400);
});

test('a look again waits for nobody, and brings no nudge forward', () => {
  nudges.again(run, 500);
  nudges.again(run, 5_000);
  expect(untilRead()).toEqual({ after: 500, missed: undefined });
});

test('what could not be read is tried again without regard for the spacing', () => {
  nudges.add(run);
  untilRead();
  nudges.retry(run, 150);
  expect(untilRead()).toEqual({ after: 150, missed: 0 });
});
