import type { Payload, PayloadCodec } from '@temporalio/common';
import type { HeadraceError } from '../../authoring/errors.js';
import { protocol } from '../protocol.js';
import { type KeyRing, missingKey } from './key-ring.js';

const { Payload: message } = protocol.temporal.api.common.v1;
const bytes = new TextEncoder();
const text = new TextDecoder();
const form = bytes.encode('binary/encrypted');

/**
 * Encrypts and decrypts what Temporal keeps, in the form of Temporal's own samples, so that clients in other languages can have a codec for it.
 * Without a ring nothing is encrypted, and what is encrypted is refused by the name of its key.
 */
export function payloadCodec(ring: KeyRing | undefined): PayloadCodec {
  return {
    encode: async (payloads) => (ring === undefined ? payloads : payloads.map((payload) => sealPayload(ring, payload))),
    decode: async (payloads) => payloads.map((payload) => openPayload(ring, payload)),
  };
}

export function sealPayload(ring: KeyRing, payload: Payload): Payload {
  const { keyId, data } = ring.seal(message.encode(payload).finish());
  return { metadata: { encoding: form, 'encryption-key-id': bytes.encode(keyId) }, data };
}

/** A payload in plain; one that is not encrypted stays as it is. @throws HeadraceError missing_key or undecipherable */
export function openPayload(ring: KeyRing | undefined, payload: Payload): Payload {
  if (!isSealed(payload)) return payload;
  const keyId = keyOf(payload);
  if (ring === undefined) throw missingKey(keyId);
  return message.decode(ring.open(keyId, payload.data ?? new Uint8Array()));
}

/** Whether a payload is encrypted. */
export function isSealed({ metadata }: Payload): boolean {
  const encoding = metadata?.encoding;
  return encoding?.length === form.length && text.decode(encoding) === 'binary/encrypted';
}

const refusals = new WeakMap<Payload, HeadraceError>();

/** Why a payload is still encrypted. */
export function whySealed(payload: Payload): HeadraceError {
  return refusals.get(payload) ?? missingKey(keyOf(payload));
}

/**
 * Decrypts, in place, the payloads of an answer of Temporal's. One that cannot be decrypted stays as it is: whoever reads it is told why,
 * and the others of the answer can be read.
 */
export function openPayloads<Answer>(ring: KeyRing, answer: Answer): Answer {
  return replaceSealed(answer, (payload) => openOrNote(ring, payload));
}

/** As openPayloads, for what is wanted whole. @throws HeadraceError missing_key or undecipherable */
export function openAllPayloads<Answer>(ring: KeyRing | undefined, answer: Answer): Answer {
  return replaceSealed(answer, (payload) => openPayload(ring, payload));
}

function replaceSealed<Answer>(answer: Answer, open: (payload: Payload) => Payload): Answer {
  if (typeof answer !== 'object' || answer === null || answer instanceof Uint8Array) return answer;
  for (const [key, value] of Object.entries(answer)) {
    if (typeof value !== 'object' || value === null) continue;
    if ('metadata' in value && isSealed(value as Payload)) Object.assign(answer, { [key]: open(value as Payload) });
    else replaceSealed(value, open);
  }
  return answer;
}

function openOrNote(ring: KeyRing, payload: Payload): Payload {
  try {
    return openPayload(ring, payload);
  } catch (error) {
    refusals.set(payload, error as HeadraceError);
    return payload;
  }
}

function keyOf({ metadata }: Payload): string {
  return text.decode(metadata?.['encryption-key-id'] ?? new Uint8Array());
}
