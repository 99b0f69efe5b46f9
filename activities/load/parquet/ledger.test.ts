import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Lake } from '../../engines/duckdb/lake.js';
import { withLedger } from './ledger.js';

function lakeOfTest(): Lake {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new Lake(folder, 'lake');
}

function signal(): [() => void, Promise<void>] {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return [give, given];
}

test('a load that is told to stop while it waits for another one stops at once, and lets nobody past', async () => {
  const lake = lakeOfTest();
  const order: string[] = [];
  const [begins, hasBegun] = signal();
  const [finish, finished] = signal();
  const first = withLedger(lake, new AbortController().signal, async () => {
    begins();
    await finished;
    order.push('first');
  });
  await hasBegun;
  const stopping = new AbortController();
  const second = withLedger(lake, stopping.signal, async () => void order.push('second'));
  const third = withLedger(lake, new AbortController().signal, async () => void order.push('third'));
  stopping.abort(new Error('cancelled'));
  await expect(second).rejects.toThrow('cancelled');
  expect(order).toEqual([]);
  finish();
  await Promise.all([first, third]);
  expect(order).toEqual(['first', 'third']);
});
