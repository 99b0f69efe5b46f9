import { expect, test } from 'vitest';
import { Progress } from './input.js';
import { Ledger, type TurnEnd } from './ledger.js';

const begun = { backfill: 'backfill', startedAt: '2026-01-01T00:00:00.000Z', total: 200 };
const full: TurnEnd = { state: 'FAILED', rows: 0, reason: 'disk full' };
const well: TurnEnd = { state: 'SUCCEEDED', rows: 1, reason: undefined };

function record(ledger: Ledger, count: number, end: TurnEnd): void {
  for (let taken = 0; taken < count; taken += 1) {
    const turn = ledger.take();
    if (turn !== undefined) ledger.record(turn, `key ${turn.index}`, end);
  }
}

test('a backfill that is stopped says why those failed that had another round before them', () => {
  const ledger = new Ledger(begun, { rounds: 2, stopAfter: 2 });
  record(ledger, 2, full);
  expect(ledger.hasTurns).toBe(false);
  expect(ledger.tally().problems).toEqual([
    { key: 'key 0', state: 'FAILED', reason: 'disk full' },
    { key: 'key 1', state: 'FAILED', reason: 'disk full' },
  ]);
});

test('the reasons are handed on when the backfill continues as new, and progress without them is still read', () => {
  const limits = { rounds: 2, stopAfter: 2 };
  const ledger = new Ledger(begun, limits);
  record(ledger, 2, full);
  const handed = Progress.parse(ledger.toProgress([]));
  expect(new Ledger(begun, limits, handed).tally().problems).toHaveLength(2);
  const { awaiting: _, ...older } = handed;
  expect(new Ledger(begun, limits, Progress.parse(older)).tally().problems).toEqual([]);
});

test('a partition that comes through in its second round is no problem, and one that fails again is one problem', () => {
  const ledger = new Ledger({ ...begun, total: 2 }, { rounds: 2, stopAfter: 10 });
  record(ledger, 2, full);
  record(ledger, 1, well);
  record(ledger, 1, { ...full, reason: 'still full' });
  expect(ledger.tally().problems).toEqual([{ key: 'key 1', state: 'FAILED', reason: 'still full' }]);
});

test('no more than 50 reasons are kept, however many fail', () => {
  const ledger = new Ledger(begun, { rounds: 2, stopAfter: 1_000 });
  record(ledger, 120, full);
  expect(ledger.tally().problems).toHaveLength(50);
  expect(ledger.toProgress([]).awaiting).toHaveLength(50);
});
