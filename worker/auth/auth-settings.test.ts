import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { AuthReference, resolveAuth, resolveTrust } from './auth-settings.js';
import { makeSigningKey } from './signing-key.js';

const { privateKey, publicKey } = makeSigningKey();
const adminKey = 'an-admin-key-of-32-characters-or-more';
const environment = { ADMIN: adminKey, SHORT: 'guess', HEADRACE_SIGNING_KEY: privateKey };
const tokens = { issuer: 'https://login.example/', audience: 'headrace', jwks: 'https://login.example/jwks.json' };
const read = (auth: object, more: Record<string, string | undefined> = {}) => resolveAuth(AuthReference.parse(auth), { ...environment, ...more });
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;

test('an admin key, tokens and the key that signs are read', () => {
  expect(read({ adminKey: 'env:ADMIN', tokens })).toMatchObject({ adminKey, tokens: { ...tokens, claims: { name: 'sub', roles: 'roles' } } });
});

test.each<[string, object, Record<string, string | undefined>, object]>([
  [
    'an admin key that can be guessed',
    { adminKey: 'env:SHORT' },
    {},
    { code: 'bad_auth', where: 'auth.adminKey', fix: expect.stringContaining('openssl rand') },
  ],
  [
    'keys of an issuer that come by http',
    { tokens: { ...tokens, jwks: 'http://login.example/jwks.json' } },
    {},
    { code: 'bad_auth', where: 'auth.tokens.jwks' },
  ],
  ['keys of an issuer in a file that is here or there', { tokens: { ...tokens, jwks: 'jwks.json' } }, {}, { code: 'bad_auth', where: 'auth.tokens.jwks' }],
  ['a signing key that is none', {}, { HEADRACE_SIGNING_KEY: 'abc' }, { code: 'bad_auth', message: expect.stringContaining('64 hexadecimal digits') }],
  ['a signing key of another kind', {}, { HEADRACE_SIGNING_KEY: rsa() }, { code: 'bad_auth', message: expect.stringContaining('rsa') }],
  [
    'no signing key',
    {},
    { HEADRACE_SIGNING_KEY: undefined },
    { code: 'missing_secret', where: 'HEADRACE_SIGNING_KEY', fix: expect.stringContaining('keys signing') },
  ],
  ['an admin key that is not there', { adminKey: 'env:NOWHERE' }, {}, { code: 'missing_secret' }],
])('%s is refused, with what to do', (_, auth, more, error) => {
  expect(() => read(auth, more)).toThrow(expect.objectContaining(error));
});

test('a secret that stands in the file itself is refused without being told', () => {
  const refused = AuthReference.safeParse({ adminKey }).error?.message ?? '';
  expect(refused).toContain('write a reference');
  expect(refused).not.toContain(adminKey);
});

test('a worker trusts what it is told, else the public half of the key that signs, and says where it knows none', () => {
  const other = makeSigningKey().publicKey;
  const trusted = (auth: object | undefined, variables: Record<string, string>) =>
    resolveTrust(auth && AuthReference.parse(auth), variables)?.map(({ key }) => key);
  expect(trusted({}, { HEADRACE_DECISION_KEYS: `${publicKey}, ${other}` })).toEqual([publicKey, other]);
  expect(trusted({}, { HEADRACE_SIGNING_KEY: privateKey })).toEqual([publicKey]);
  expect(trusted(undefined, {})).toBeUndefined();
  expect(() => trusted({}, {})).toThrow(expect.objectContaining({ code: 'missing_secret', where: 'HEADRACE_DECISION_KEYS' }));
  expect(() => trusted({}, { HEADRACE_DECISION_KEYS: 'abc' })).toThrow(expect.objectContaining({ code: 'bad_auth' }));
});
