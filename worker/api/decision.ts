import * as z from 'zod';
import type { Decided } from '../../sdk/authoring/decision.js';
import type { Client } from '../../sdk/node/client.js';
import type { Catalogue } from '../host/catalogue.js';

/** What was decided, as the API answers it. */
export const DecidedShape = z
  .object({
    wait: z.string().meta({ description: 'approval#n' }),
    approval: z.string(),
    decision: z.enum(['approve', 'decline', 'expired']),
    decisionId: z.string().optional(),
    answer: z.unknown().optional(),
    comment: z.string().optional(),
    by: z.string().optional(),
    at: z.string(),
  })
  .meta({ id: 'Decided' });

/** What a decision says beside yes or no. */
export const DecisionDetails = z.strictObject({
  answer: z.unknown().optional().meta({ description: "Fits the approval's form" }),
  comment: z.string().max(4_000).optional(),
  decisionId: z.string().min(1).max(200).optional().meta({ description: 'The same id again is harmless, also after the end of the run' }),
  by: z.string().max(200).optional().meta({ description: 'Who decides; not proven while there is no authentication' }),
});

export type DecisionDetails = z.output<typeof DecisionDetails>;

/** Decides, with an approval's id or one ask of it. @throws as RunHandle.approve does */
export function decide(
  client: Client,
  catalogue: Catalogue,
  workflowId: string,
  approval: string,
  decision: 'approve' | 'decline',
  details: DecisionDetails,
): Promise<Decided> {
  const { answer, ...options } = details;
  const run = client.run(workflowId);
  return decision === 'approve' ? run.approve(approval, orNothing(catalogue, approval, answer), options) : run.decline(approval, options);
}

/** Programs send an empty object where an approval takes no answer. */
function orNothing(catalogue: Catalogue, approval: string, answer: unknown): unknown {
  const empty = answer === null || (typeof answer === 'object' && Object.keys(answer).length === 0);
  if (!empty) return answer;
  const declared = [...catalogue.pipelines.values()].flatMap(({ pipeline }) => pipeline.approvals).filter(({ id }) => id === approval.split('#')[0]);
  return declared.length > 0 && declared.every(({ answer: schema }) => schema instanceof z.ZodVoid) ? undefined : answer;
}
