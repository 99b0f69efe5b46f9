import { expect, test } from 'vitest';
import { type NormalEnd, readResult, resultOf } from './ended-result.js';

const outputs: [unknown, NormalEnd][] = [
  [{ status: 'CANCELLED', rows: 0 }, 'CANCELLED'],
  [{ status: 'CANCELLED', rows: 0 }, 'SUCCEEDED'],
  [{ status: 'ROLLED_BACK' }, 'CANCELLED'],
  [{ rows: 1 }, 'ROLLED_BACK'],
  [{ status: 'shipped' }, 'SUCCEEDED'],
  [{ headraceState: 'mine' }, 'SUCCEEDED'],
  ['CANCELLED', 'SUCCEEDED'],
  [[1, 2], 'SUCCEEDED'],
  [undefined, 'SUCCEEDED'],
];

test.each(outputs)('what a run gives, %j, and that it ended %s are read from its result', (output, state) => {
  expect(readResult(JSON.parse(JSON.stringify(resultOf(output, state) ?? null)))).toEqual({ state, output: output ?? null });
});

test('a result is the output and nothing else where the output says how the run ended', () => {
  for (const output of [{ status: 'CANCELLED' }, { status: 'COMPLETED' }, 12, null])
    expect(resultOf(output, (output as { status?: string } | null)?.status === 'CANCELLED' ? 'CANCELLED' : 'SUCCEEDED')).toBe(output);
});
