import type { TrustedKey } from '../../sdk/authoring/decision-signature.js';

/**
 * A bundle that takes only decisions that are signed with one of these keys. They are told to it when it is loaded, on the first line, so that the
 * lines of stacks stay right: one image serves with and without, and keys rotate without bundling.
 */
export function trusting<Bundle extends { code: string }>(keys: readonly TrustedKey[] | undefined, bundle: Bundle): Bundle {
  return keys === undefined ? bundle : { ...bundle, code: `globalThis.headraceDecisionKeys = ${JSON.stringify(keys)}; ${bundle.code}` };
}
