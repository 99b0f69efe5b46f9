import { fingerprint } from '../engines/temporary-table.js';

/**
 * The id under which a call's work is begun elsewhere: the same through attempts and dead workers (DESIGN §3.1), fit for names of
 * Kubernetes (small letters, digits, hyphens). Work that ended badly and may be tried again is begun anew under the next number.
 *
 * @param key the call's idempotency key
 * @param number 1 for the first time that the work is begun
 */
export function outsideId(key: string, number: number): string {
  return number === 1 ? `headrace-${fingerprint(key)}` : `headrace-${fingerprint(key)}-${number}`;
}
