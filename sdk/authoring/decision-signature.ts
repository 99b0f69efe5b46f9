import * as z from 'zod';
import { canonicalJson } from './canonical-json.js';

/** Who vouches for a decision: where decisions are signed, an API with authentication. */
export const DecisionSignature = z.object({
  /** Which of the keys that workers trust. */
  key: z.string().max(100),
  /** ISO 8601, UTC: a signature is good for some minutes. */
  at: z.iso.datetime(),
  /** Of who decides. */
  tenant: z.string().max(100),
  /** Ed25519 over `signedText`, in hexadecimal. */
  value: z.string().max(200),
});

export type DecisionSignature = z.output<typeof DecisionSignature>;

/** A public key that workers trust. */
export interface TrustedKey {
  id: string;
  /** Ed25519: 32 bytes in hexadecimal. */
  key: string;
}

/** The run that a decision is for. */
export interface SignedRun {
  workflowId: string;
  /** Of the first execution. */
  runId: string;
}

/** Minutes of difference between the clocks of API and Temporal, and of a signature's way. */
export const signatureTime = 5 * 60_000;

/** What is signed of a decision: all that the run takes from it, and the run. Nothing of it can be changed, nor be sent to another run. */
export function signedText({ workflowId, runId }: SignedRun, decision: object, { key, at, tenant }: Omit<DecisionSignature, 'value'>): string {
  return `headrace decision 1\n${canonicalJson({ workflowId, runId, decision: { ...decision, signature: undefined }, key, at, tenant })}`;
}

/** The marker in a history that says: from here on, a signal decides nothing. */
export const signedDecisions = 'headrace-signed-decisions';
