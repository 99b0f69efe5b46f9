import { expect, test } from 'vitest';
import { costOf } from './cost.js';

test.each([
  ['is read', { cost: { cpuSeconds: 0.5, scannedBytes: 12, euros: 3 } }, { cpuSeconds: 0.5, scannedBytes: 12 }],
  ['of another shape is none', { cost: { euros: 3 } }, undefined],
  ['that is a number is none', { cost: 12 }, undefined],
  ['with a figure that cannot be is none', { cost: { cpuSeconds: -1 } }, undefined],
  ['of an output that is no object is none', 'cost', undefined],
  ['of no output is none', null, undefined],
])('a cost %s', (_, output, cost) => {
  expect(costOf(output)).toEqual(cost);
});
