import { afterAll, beforeAll, expect, test } from 'vitest';
import { realBed } from '../testing/bed.fixture.js';
import type { TestBed } from '../testing/index.js';
import { orderState, parentOfBoth, quietEnd } from './fixtures/pipelines/posing.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await realBed(new URL('./fixtures/pipelines', import.meta.url));
});
afterAll(() => bed.close());

const succeeded = { state: 'SUCCEEDED', output: { status: 'CANCELLED', rows: 1 } };
const rolledBack = { state: 'ROLLED_BACK', output: { rows: 0 } };

test('a run and its parent say the same of its end, whatever the word status means in its output', async () => {
  const { output, run } = await bed.run(parentOfBoth, {});
  expect(output).toEqual([succeeded, rolledBack, succeeded.output, rolledBack.output]);
  expect(run.children.map(({ name, status }) => [name, status])).toEqual([
    ['order_state', 'SUCCEEDED'],
    ['quiet_end', 'ROLLED_BACK'],
    ['order_state', 'SUCCEEDED'],
    ['quiet_end', 'ROLLED_BACK'],
  ]);
  const own = await Promise.all([bed.run(orderState, {}), bed.run(quietEnd, {})]);
  expect(own.map(({ status, output: given }) => ({ state: status, output: given }))).toEqual([succeeded, rolledBack]);
});
