import { createDecipheriv } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { maximumPayload } from '../../authoring/payload-size.js';
import { decode } from '../status/history-event.js';
import { KeyRing, newKey } from './key-ring.js';
import { isSealed, openPayloads, payloadCodec, sealPayload } from './payload.js';

const key = newKey('k1');
const ring = KeyRing.of([key]);
const plain = (value: unknown) => defaultPayloadConverter.toPayload(value);
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

test('a payload is encrypted with all that it says of itself, and comes back the same', async () => {
  const codec = payloadCodec(ring);
  const [sealed] = await codec.encode([plain({ card: '4111' })]);
  expect(text(sealed?.metadata?.encoding)).toBe('binary/encrypted');
  expect(text(sealed?.metadata?.['encryption-key-id'])).toBe('k1');
  expect(Object.keys(sealed?.metadata ?? {})).toHaveLength(2);
  const [opened] = await codec.decode([sealed as never]);
  expect(decode(opened)).toEqual({ card: '4111' });
  expect(text(opened?.metadata?.encoding)).toBe('json/plain');
});

test("what is encrypted is Temporal's own message after nonce and before tag, as the codecs of its samples have it", () => {
  const data = Buffer.from(sealPayload(ring, plain('x')).data ?? []);
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key.key, 'base64'), data.subarray(0, 12));
  decipher.setAuthTag(data.subarray(-16));
  const message = Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]);
  expect(message.toString('latin1')).toBe('\n\x16\n\x08encoding\x12\njson/plain\x12\x03"x"');
});

test('a payload from before encryption is read as it is', async () => {
  const payload = plain('old');
  expect(await payloadCodec(ring).decode([payload])).toEqual([payload]);
});

test('the largest payload that is allowed is below Temporal’s limit when it is encrypted under the longest name', () => {
  const long = KeyRing.of([{ ...key, id: 'k'.repeat(64) }]);
  const { data, metadata } = sealPayload(long, plain('x'.repeat(maximumPayload - 2)));
  const size = (data?.length ?? 0) + Object.entries(metadata ?? {}).reduce((sum, [name, value]) => sum + name.length + value.length + 10, 10);
  expect(size).toBeLessThan(2 * 2 ** 20);
  expect(size).toBeLessThan(maximumPayload + 500);
});

test('an answer is opened wherever something in it is encrypted, and what cannot be opened says why when it is read', () => {
  const other = sealPayload(KeyRing.of([newKey('k2')]), plain('theirs'));
  const broken = sealPayload(ring, plain('broken'));
  if (broken.data != null) broken.data[20] = (broken.data[20] as number) ^ 1;
  const answer = {
    history: { events: [{ result: { payloads: [sealPayload(ring, plain(1)), plain(2)] } }, { memo: { fields: { a: sealPayload(ring, plain(3)) } } }] },
    other,
    broken,
  };
  const opened = openPayloads(ring, answer);
  expect(opened.history.events[0]?.result?.payloads.map(decode)).toEqual([1, 2]);
  expect(decode(opened.history.events[1]?.memo?.fields.a)).toBe(3);
  expect(isSealed(opened.other)).toBe(true);
  expect(() => decode(opened.other)).toThrow(expect.objectContaining({ code: 'missing_key', where: 'k2' }));
  expect(() => decode(opened.broken)).toThrow(expect.objectContaining({ code: 'undecipherable', where: 'k1' }));
});

test('without any key, what is encrypted names its key', () => {
  expect(() => decode(sealPayload(ring, plain(1)))).toThrow(
    expect.objectContaining({ code: 'missing_key', message: "It is encrypted with the key 'k1', and no key is configured here." }),
  );
});
