import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyRing, newKey } from './key-ring.js';
import { readEncryption, ringOfEnvironment } from './read-key-ring.js';

const old = newKey('2025');
const current = newKey('2026');

const settings = (content: object) => {
  const file = join(mkdtempSync(join(tmpdir(), 'headrace-keys-')), 'headrace.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
};

describe('a ring', () => {
  test('opens what it sealed, whatever it was, and seals nothing twice alike', () => {
    const ring = KeyRing.of([current]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (plain) => {
        const { keyId, data } = ring.seal(plain);
        expect(ring.open(keyId, data)).toEqual(Buffer.from(plain));
        expect(ring.seal(plain).data).not.toEqual(data);
        expect(data.length).toBe(plain.length + 28);
      }),
    );
  });

  test('seals with its first key and opens with each', () => {
    const before = KeyRing.of([old]).seal(Buffer.from('x'));
    const ring = KeyRing.of([current, old]);
    expect(ring.seal(Buffer.from('x')).keyId).toBe('2026');
    expect(ring.open(before.keyId, before.data).toString()).toBe('x');
  });

  test('refuses whatever is changed of what was sealed, at each byte', () => {
    const ring = KeyRing.of([current]);
    const { keyId, data } = ring.seal(Buffer.from('planted'));
    for (let at = 0; at < data.length; at += 1) {
      const changed = Buffer.from(data);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => ring.open(keyId, changed)).toThrow(expect.objectContaining({ code: 'undecipherable', where: '2026' }));
      expect(() => ring.open(keyId, data.subarray(0, at))).toThrow(expect.objectContaining({ code: 'undecipherable' }));
    }
  });

  test('says which key is missing and where to add it', () => {
    const { keyId, data } = KeyRing.of([old]).seal(Buffer.from('x'));
    expect(() => KeyRing.of([current]).open(keyId, data)).toThrow(
      expect.objectContaining({
        code: 'missing_key',
        message: "It is encrypted with the key '2025', and the keys here are 2026.",
        fix: expect.stringMatching(/2025.*HEADRACE_ENCRYPTION_KEYS/),
      }),
    );
  });

  test.each([
    ['no key at all', [], /no key/],
    ['31 bytes', [{ id: 'a', key: Buffer.alloc(31).toString('base64') }], /'a' must be 32 bytes in base64: it is 31 bytes/],
    ['what is not base64', [{ id: 'a', key: `${'*'.repeat(4)}${old.key}` }], /'a' must be 32 bytes in base64: it is not base64/],
    ['an id with a colon', [{ id: 'a:b', key: old.key }], /'a:b' cannot be a key's id/],
    ['an id twice', [old, { ...current, id: '2025' }], /Two keys have the id '2025'/],
  ])('refuses %s, and shows nothing of a key', (_, keys, message) => {
    const refused = (() => {
      try {
        return KeyRing.of(keys) as never;
      } catch (error) {
        return error as Error & { code: string; fix: string };
      }
    })();
    expect(refused).toMatchObject({ code: 'bad_key', message: expect.stringMatching(message), fix: expect.any(String) });
    for (const { key } of keys) expect(refused.message + refused.fix).not.toContain(key);
  });
});

describe('encryption is configured', () => {
  test('by references in headrace.json', () => {
    const file = settings({ encryption: { keys: [{ id: '2026', key: 'env:KEY' }], origins: ['https://temporal.example.com'] } });
    const { ring, origins } = readEncryption(file, { KEY: current.key }) ?? {};
    expect(ring?.ids()).toEqual(['2026']);
    expect(origins).toEqual(['https://temporal.example.com']);
    writeFileSync(`${file}.key`, `${current.key}\n`);
    expect(readEncryption(settings({ encryption: { keys: [{ id: 'a', key: `file:${file}.key` }] } }), {})?.ring.ids()).toEqual(['a']);
  });

  test('by the environment, which goes before the file', () => {
    const file = settings({ encryption: { keys: [{ id: '2025', key: 'env:NOWHERE' }] } });
    const environment = { HEADRACE_ENCRYPTION_KEYS: `2026:${current.key}, 2025:${old.key}` };
    expect(readEncryption(file, environment)?.ring.ids()).toEqual(['2026', '2025']);
  });

  test('not at all, and then nothing is encrypted', () => {
    expect(readEncryption(settings({}), {})).toBeUndefined();
    expect(readEncryption('/nowhere/headrace.json', {})).toBeUndefined();
    expect(ringOfEnvironment({})).toBeUndefined();
  });

  test.each([
    ['an empty list of keys', { encryption: { keys: [] } }, {}, 'bad_key', /no key/],
    ['an empty variable', {}, { HEADRACE_ENCRYPTION_KEYS: '' }, 'bad_key', /no key/],
    ['a variable of another form', {}, { HEADRACE_ENCRYPTION_KEYS: old.key }, 'bad_key', /HEADRACE_ENCRYPTION_KEYS is not id:key/],
    ['a key in the file itself', { encryption: { keys: [{ id: 'a', key: old.key }] } }, {}, 'bad_key', /write a reference/],
    ['an unknown setting', { encryption: { keys: [{ id: 'a', key: 'env:KEY' }], algorithm: 'rot13' } }, {}, 'bad_key', /algorithm/],
    [
      'a reference to nothing',
      { encryption: { keys: [{ id: 'a', key: 'env:KEY' }] } },
      {},
      'missing_secret',
      /encryption key 'a' needs the environment variable KEY/,
    ],
  ])('wrongly: %s is refused with the fix', (_, content, environment, code, message) => {
    expect(() => readEncryption(settings(content), environment)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message), fix: expect.any(String) }),
    );
  });
});
