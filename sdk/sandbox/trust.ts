import { patched, workflowInfo } from '@temporalio/workflow';
import type { DecideInput } from '../authoring/decision.js';
import { signedDecisions, type TrustedKey } from '../authoring/decision-signature.js';
import { HeadraceError } from '../authoring/errors.js';

/** @throws HeadraceError untrusted_decision */
export type VerifyDecision = (input: DecideInput, trusted: readonly TrustedKey[]) => void;

/** The keys that this worker trusts (worker/host/trusting.ts), or undefined where decisions are not signed. */
const trusted = (globalThis as { headraceDecisionKeys?: readonly TrustedKey[] }).headraceDecisionKeys;

let verifier: (() => VerifyDecision) | undefined;

/** Sets what gives the check of signatures. */
export function verifyWith(given: (() => VerifyDecision) | undefined): void {
  verifier = given;
}

/** Checks who vouches for a decision, where decisions are signed. @throws HeadraceError untrusted_decision */
export function vouched(input: DecideInput): void {
  if (trusted === undefined) return;
  if (verifier === undefined) throw new HeadraceError('The decision is refused: this bundle cannot check signatures.', { code: 'untrusted_decision' });
  verifier()(input, trusted);
}

/**
 * Refuses a signal that decides, where decisions are signed: signals are not. A signal stands in the history whether or not it counts, so what
 * this worker makes of it is recorded too, and holds in every replay by a worker that trusts other keys or none.
 *
 * @throws HeadraceError untrusted_decision
 */
export function refuseUnsigned(): void {
  const asked = trusted !== undefined || workflowInfo().unsafe.isReplaying;
  if (asked && patched(signedDecisions)) throw new HeadraceError('Decisions are signed here, and signals are not.', { code: 'untrusted_decision' });
}
