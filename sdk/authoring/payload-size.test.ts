import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maximumPayload, refuseOversize } from './payload-size.js';

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');

test('what has as many bytes as are allowed passes, and one more is refused', () => {
  const text = 'x'.repeat(maximumPayload - 2);
  expect(() => refuseOversize(text, 'it')).not.toThrow();
  expect(() => refuseOversize(`${text}x`, 'it')).toThrow('it has 2,000,001 bytes; 2,000,000 are allowed.');
});

test.each([0.25, 1.9])('%d MB pass', (megabytes) => {
  expect(() => refuseOversize('x'.repeat(megabytes * 1_000_000), 'it')).not.toThrow();
});

test.each([2.1, 5])('%d MB are refused, typed', (megabytes) => {
  expect(() => refuseOversize('x'.repeat(megabytes * 1_000_000), 'the output')).toThrow(
    expect.objectContaining({ name: 'ValidationError', code: 'payload_too_large', where: 'the output' }),
  );
});

test('nothing is small', () => {
  expect(() => refuseOversize(undefined, 'it', 0)).not.toThrow();
});

test('bytes are counted as UTF-8, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const size = bytes(text);
      expect(() => refuseOversize(text, 'it', size)).not.toThrow();
      expect(() => refuseOversize(text, 'it', size - 1)).toThrow(/bytes/);
    }),
  );
});
