import { DecideInput } from '../../authoring/decision.js';
import { signedText } from '../../authoring/decision-signature.js';
import { describeRun } from '../status/read-run.js';
import type { Temporal } from './temporal.js';

/** What signs decisions for workers that ask for it. */
export interface DecisionSigner {
  /** The id of its public half. */
  key: string;
  /** An Ed25519 signature in hexadecimal. */
  sign(text: string): string;
}

/** Who vouches for a decision. */
export interface Voucher {
  signer: DecisionSigner;
  /** Of who decides. */
  tenant: string;
}

/** A decision with a signature for this run, good for some minutes. @throws HeadraceError unknown_run or no_temporal */
export async function signDecision(temporal: Temporal, workflowId: string, decision: DecideInput, { signer, tenant }: Voucher): Promise<DecideInput> {
  const { workflowExecutionInfo: info } = await describeRun(temporal, workflowId);
  const runId = info?.firstRunId || (info?.execution?.runId ?? '');
  // As it arrives: what JSON leaves out is no part of it.
  const sent = DecideInput.parse(JSON.parse(JSON.stringify(decision)));
  const signature = { key: signer.key, at: new Date().toISOString(), tenant };
  return { ...sent, signature: { ...signature, value: signer.sign(signedText({ workflowId, runId }, sent, signature)) } };
}
