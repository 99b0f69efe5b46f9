import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTenant, local, may, mayEverywhere, type Principal, parseGrant, rolesOn } from './principal.js';

const who = (...grants: string[]): Principal => ({ name: 'ada', tenant: 'acme', grants: grants.map(parseGrant) });

test.each([
  ['viewer', { viewer: true, operator: false, approver: false, admin: false }],
  ['operator', { viewer: true, operator: true, approver: false, admin: false }],
  ['approver', { viewer: true, operator: false, approver: true, admin: false }],
  ['admin', { viewer: true, operator: true, approver: true, admin: true }],
  ['finance', { viewer: false, operator: false, approver: false, admin: false }],
])('%s includes what it should and no more', (role, expected) => {
  for (const [wanted, allowed] of Object.entries(expected)) expect([wanted, may(who(role), wanted)]).toEqual([wanted, allowed]);
});

test('a grant on some pipelines holds there only', () => {
  const ada = who('viewer', 'operator:sales_*', 'finance:sales_daily');
  expect(may(ada, 'operator', 'sales_daily')).toBe(true);
  expect(may(ada, 'operator', 'hr_daily')).toBe(false);
  expect(may(ada, 'operator')).toBe(true);
  expect(rolesOn(ada, 'sales_daily')).toEqual(['finance', 'operator', 'viewer']);
  expect(rolesOn(ada, 'hr_daily')).toEqual(['viewer']);
  expect(mayEverywhere(who('admin:sales_*'), 'admin')).toBe(false);
  expect(mayEverywhere(local, 'admin')).toBe(true);
});

test('a pattern fits as a regular expression would say, in no time', () => {
  const word = fc.array(fc.constantFrom('a', 'b', '_'), { maxLength: 8 }).map((it) => it.join(''));
  const pattern = fc.array(fc.constantFrom('a', 'b', '_', '*'), { minLength: 1, maxLength: 8 }).map((it) => it.join(''));
  fc.assert(
    fc.property(pattern, word, (pipelines, pipeline) => {
      expect(may(who(`viewer:${pipelines}`), 'viewer', pipeline)).toBe(new RegExp(`^${pipelines.replaceAll('*', '.*')}$`).test(pipeline));
    }),
  );
  const began = performance.now();
  expect(may(who(`viewer:${'*a'.repeat(90)}`), 'viewer', 'a'.repeat(100))).toBe(true);
  expect(performance.now() - began).toBeLessThan(100);
});

test.each(['', 'viewer:', ':sales', 'viewer:a:b', 'viewer:Sales', 'viewer sales', 'a'.repeat(100), 'viewer:a.b'])('%j is no grant', (text) => {
  expect(() => parseGrant(text)).toThrow(expect.objectContaining({ code: 'bad_grant' }));
});

test.each(['*', '', "a'b", 'a b', '-a', 7, undefined, ['a'], 'a'.repeat(101)])('%j is no tenant', (text) => {
  expect(isTenant(text)).toBe(false);
});
