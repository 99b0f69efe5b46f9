import * as z from 'zod';
import type { Decided } from '../../sdk/authoring/decision.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { DecisionSigner } from '../../sdk/node/client/sign-decision.js';
import { type Principal, rolesOn } from '../auth/principal.js';
import type { Catalogue } from '../host/catalogue.js';
import type { ApiContext } from './api-context.js';
import type { Asked, Deed } from './asked.js';

/** What was decided, as the API answers it. */
export const DecidedShape = z
  .object({
    wait: z.string().meta({ description: 'approval#n' }),
    approval: z.string(),
    decision: z.enum(['approve', 'decline', 'expired', 'withdrawn']),
    decisionId: z.string().optional(),
    answer: z.unknown().optional(),
    comment: z.string().optional(),
    by: z.string().optional(),
    at: z.string(),
    missing: z.number().int().optional().meta({ description: 'How many more people must approve before the run goes on' }),
  })
  .meta({ id: 'Decided' });

/** What a decision says beside yes or no. */
export const DecisionDetails = z.strictObject({
  answer: z.unknown().optional().meta({ description: "Fits the approval's form" }),
  comment: z.string().max(4_000).optional(),
  decisionId: z.string().min(1).max(200).optional().meta({ description: 'The same id again is harmless, also after the end of the run' }),
  by: z.string().max(200).optional().meta({ description: 'Who decides; not proven while there is no authentication, and then who is logged in' }),
  roles: z.array(z.string().max(100)).max(100).optional().meta({ description: 'Of who decides, while there is no authentication' }),
});

export type DecisionDetails = z.output<typeof DecisionDetails>;

/** Decides, with an approval's id or one ask of it. @throws as RunHandle.approve does */
export async function decide(
  { principal, pipeline, deed }: Pick<Asked['Variables'], 'principal' | 'pipeline' | 'deed'>,
  { client, catalogue, authenticator }: ApiContext,
  workflowId: string,
  approval: string,
  decision: 'approve' | 'decline',
  details: DecisionDetails,
): Promise<Decided> {
  const { answer, ...said } = details;
  Object.assign(deed, { action: 'approval.decide', details: { approval, decision, decisionId: said.decisionId } } satisfies Partial<Deed>);
  const options = authenticator === undefined ? said : { ...said, ...proof(principal, pipeline, authenticator.signer, said) };
  const run = client.run(workflowId);
  const decided = await (decision === 'approve' ? run.approve(approval, orNothing(catalogue, approval, answer), options) : run.decline(approval, options));
  Object.assign(deed, { details: { approval: decided.wait, decision, decisionId: decided.decisionId }, once: true } satisfies Partial<Deed>);
  return decided;
}

function proof(principal: Principal, pipeline: string | undefined, signer: DecisionSigner, { by, roles }: DecisionDetails) {
  const { tenant } = principal;
  if (roles !== undefined) {
    throw new HeadraceError('Roles are those of who is logged in.', { code: 'wrong_input', where: 'roles', fix: 'Leave them out.' });
  }
  return { by: provenBy(principal, by), roles: rolesOn(principal, pipeline ?? ''), voucher: { signer, tenant } };
}

/** Who decides is who is logged in, whatever the request says. @throws HeadraceError wrong_input when it says somebody else */
function provenBy({ name }: Principal, said: string | undefined): string {
  if (said === undefined || said === name) return name;
  throw new HeadraceError(`This is decided by '${name}', not by '${said}'.`, {
    code: 'wrong_input',
    where: 'by',
    fix: 'Leave it out: who decides is who is logged in.',
  });
}

/** Programs send an empty object where an approval takes no answer. */
function orNothing(catalogue: Catalogue, approval: string, answer: unknown): unknown {
  const empty = answer === null || (typeof answer === 'object' && Object.keys(answer).length === 0);
  if (!empty) return answer;
  const declared = [...catalogue.pipelines.values()].flatMap(({ pipeline }) => pipeline.approvals).filter(({ id }) => id === approval.split('#')[0]);
  return declared.length > 0 && declared.every(({ answer: schema }) => schema instanceof z.ZodVoid) ? undefined : answer;
}
