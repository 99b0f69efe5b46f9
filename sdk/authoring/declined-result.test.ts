import { expect, test } from 'vitest';
import { isDeclined } from './declined-result.js';

test.each([
  undefined,
  null,
  'CANCELLED',
  { declined: 'DECLINED' },
  { status: 'SUCCEEDED', declined: 'DECLINED', approval: 'a', reason: 'b' },
  { declined: 'the offer' },
])('an output of the pipeline is no decline: %j', (output) => {
  expect(isDeclined(output)).toBe(false);
});

test.each(['DECLINED', 'EXPIRED'])('a run that was %s says so', (declined) => {
  expect(isDeclined({ status: 'CANCELLED', declined, approval: 'publish', reason: 'The numbers are wrong.' })).toBe(true);
});
