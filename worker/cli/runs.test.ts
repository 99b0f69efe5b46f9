import { expect, test } from 'vitest';
import type { Api } from '../../sdk/api-client/index.js';
import { onlyOne } from './runs.js';

const waiting = (...ids: string[]) => ({ pendingSignals: ids.map((id) => ({ id, name: id.split('#')[0] })) }) as Api<'RunStatus'>;

test('the approval that is meant without its name is the only one that a run waits for', () => {
  expect(onlyOne(waiting('release#1'))).toBe('release');
});

test('of several approvals one must be named', () => {
  const refusal = { code: 'bad_request', message: expect.stringContaining('release#1, price#2'), fix: expect.stringContaining('Name') };
  expect(() => onlyOne(waiting('release#1', 'price#2'))).toThrow(expect.objectContaining(refusal));
});
