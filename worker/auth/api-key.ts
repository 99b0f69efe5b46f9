import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRow } from '../registry/database.js';

/** A key as it is sent: `hrk_`, its id, and a secret of 256 random bits. It is shown once, when it is made. */
export interface KeyText {
  id: string;
  text: string;
}

const form = /^hrk_([0-9a-f]{12})_[\w-]{43}$/;

/** A new secret, for a new key or for one that is there. */
export function makeKeyText(id = randomBytes(6).toString('hex')): KeyText {
  return { id, text: `hrk_${id}_${randomBytes(32).toString('base64url')}` };
}

/** The id in a key, or undefined where it is none. */
export function idOfKey(text: string): string | undefined {
  return form.exec(text)?.[1];
}

/** What is kept of a secret. A fast hash is enough: 256 random bits cannot be guessed. */
export function hashKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Whether two hashes are equal, in a time that does not tell how far they are. */
export function sameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** Whether a text is this key, and the key may be used now. */
export function fitsKey(row: Pick<ApiKeyRow, 'hash' | 'previous_hash' | 'previous_until' | 'expires_at' | 'revoked_at'>, text: string, now: number): boolean {
  const hash = hashKey(text);
  const current = sameHash(hash, row.hash);
  const previous = row.previous_hash !== null && sameHash(hash, row.previous_hash) && now < (row.previous_until?.getTime() ?? 0);
  const usable = row.revoked_at === null && (row.expires_at === null || now < row.expires_at.getTime());
  return (current || previous) && usable;
}
