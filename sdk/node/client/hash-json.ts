import { createHash } from 'node:crypto';
import { canonicalJson } from '../../authoring/canonical-json.js';

/** A hash of a JSON value that the order of its keys does not change. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
