import * as z from 'zod';
import { DecisionSignature } from './decision-signature.js';

/** What the Update `decide` takes: the API, the client and a raw Temporal client all send this. */
export const DecideInput = z.object({
  /** An approval's id, or one ask of it, `release_anyway#2`. */
  approval: z.string().min(1),
  decision: z.enum(['approve', 'decline']),
  /** The same decision sent again carries the same id, and is harmless. */
  decisionId: z.string().min(1).max(200),
  answer: z.unknown().optional(),
  comment: z.string().max(4_000).optional(),
  by: z.string().max(200).optional(),
  /** The roles that who decides has on the pipeline, as authentication knows them. */
  roles: z.array(z.string().max(100)).max(100).optional(),
  signature: DecisionSignature.optional(),
});

export type DecideInput = z.output<typeof DecideInput>;

/** What was decided: the reply of `decide`, always equal to what the run does. */
export interface Decided {
  /** `approval#n`. */
  wait: string;
  approval: string;
  /** `expired`: nobody decided in time. `withdrawn`: the run was cancelled, or failed, before anybody had. */
  decision: 'approve' | 'decline' | 'expired' | 'withdrawn';
  decisionId?: string;
  answer?: unknown;
  comment?: string;
  by?: string;
  /** ISO 8601, UTC. */
  at: string;
  /** How many more people must approve before the run goes on; left out of what is concluded. */
  missing?: number;
}

/** The Update's name. */
export const decideUpdate = 'decide';
