import { expect, test } from 'vitest';
import { sumCosts } from './sum-costs.js';

test('figures are added up, and of memory the most is told', () => {
  const costs = [{ cpuSeconds: 1, peakMemoryBytes: 7 }, undefined, { cpuSeconds: 2, peakMemoryBytes: 5, scannedRows: 3 }];
  expect(sumCosts(costs)).toEqual({ cpuSeconds: 3, peakMemoryBytes: 7, scannedRows: 3 });
});

test('of what tells nothing there is no sum', () => {
  expect(sumCosts([undefined, {}])).toBeUndefined();
});
