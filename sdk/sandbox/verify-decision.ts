import { etc, hashes, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { workflowInfo } from '@temporalio/workflow';
import type { DecideInput } from '../authoring/decision.js';
import { signatureTime, signedText, type TrustedKey } from '../authoring/decision-signature.js';
import { HeadraceError } from '../authoring/errors.js';
import { tenantOfRun } from './run-tenant.js';

hashes.sha512 = sha512;

/**
 * Checks who vouches for a decision. In JavaScript, since the sandbox has no cryptography of its own; only a run that is decided on loads it.
 *
 * @throws HeadraceError untrusted_decision
 */
export function verifyDecision(input: DecideInput, trusted: readonly TrustedKey[]): void {
  const { signature } = input;
  if (signature === undefined) throw untrusted('it is not signed');
  const key = trusted.find(({ id }) => id === signature.key);
  if (key === undefined) throw untrusted(`its key '${signature.key}' is none that this worker trusts`);
  if (!fits(input, signature.value, key.key)) throw untrusted('its signature does not fit it');
  if (signature.tenant !== tenantOfRun()) throw untrusted('it is of another tenant');
  if (Math.abs(Date.now() - Date.parse(signature.at)) > signatureTime) throw untrusted(`its signature is of ${signature.at}`);
}

function fits(input: DecideInput, value: string, key: string): boolean {
  const { workflowId, firstExecutionRunId: runId } = workflowInfo();
  const text = signedText({ workflowId, runId }, input, input.signature as NonNullable<DecideInput['signature']>);
  try {
    return verify(etc.hexToBytes(value), new TextEncoder().encode(text), etc.hexToBytes(key), { zip215: false });
  } catch {
    return false; // it is no signature at all
  }
}

function untrusted(reason: string): HeadraceError {
  return new HeadraceError(`The decision is refused: ${reason}.`, { code: 'untrusted_decision', where: 'signature' });
}
