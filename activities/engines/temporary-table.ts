import { createHash } from 'node:crypto';
import { temporarySchema } from './table-name.js';

/** How many days a run's own tables stay: longer than any approval is waited for. */
export const temporaryDays = 14;

/** A short name that stands for a key. */
export function fingerprint(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 24);
}

/**
 * The name of a table that belongs to one call of a step in one run. It stays the same through retries, so that a retry replaces what an earlier attempt wrote.
 *
 * @param key the call's idempotency key
 */
export function temporaryTable(prefix: string, key: string): string {
  return `${temporarySchema}.${prefix}_${fingerprint(key)}`;
}
