import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { RunStatus } from '../../sdk/node/status/run-status.js';
import type { Catalogue } from '../host/catalogue.js';
import type { ApiContext } from './api-context.js';
import type { Deed } from './asked.js';
import { CancelRequested } from './cancel.js';
import { changes } from './changes.js';
import { DecidedShape, DecisionDetails, decide } from './decision.js';
import { json, problems, WorkflowId } from './documented.js';
import { requireRole } from './gate.js';

const Data = DecisionDetails.extend({
  approval: z.string().min(1).optional().meta({ description: 'Which, where the run waits for several' }),
  decision: z.enum(['approve', 'decline']).optional().meta({ description: "With an approval's name; approve unless said" }),
});
const Signal = z.strictObject({
  name: z.string().min(1).max(200).meta({ description: "cancel, approve, decline, or an approval's name" }),
  data: Data.nullish(),
});

const signal = createRoute({
  ...changes('run.signal', 'operator', 'approver'),
  method: 'post',
  path: '/v1/pipelines/workflows/{workflowId}/signal',
  summary: 'Approves, declines or cancels',
  request: { params: WorkflowId, body: { required: true, content: { 'application/json': { schema: Signal } } } },
  responses: {
    200: json(DecidedShape, 'What was decided'),
    202: json(CancelRequested, 'It is asked to cancel'),
    ...problems(404, 409, 413, 415, 422),
  },
});

export function addSignal(app: OpenAPIHono, context: ApiContext): void {
  const { client, catalogue } = context;
  app.openapi(signal, async (c) => {
    const { workflowId } = c.req.valid('param');
    const { name, data } = c.req.valid('json');
    const run = client.run(workflowId);
    Object.assign(c.var.deed, { action: name === 'cancel' ? 'run.cancel' : 'approval.decide', details: { signal: name } } satisfies Partial<Deed>);
    requireRole(c.var.principal, [name === 'cancel' ? 'operator' : 'approver'], c.var.pipeline);
    if (name === 'cancel') {
      await run.cancel();
      return c.json({ workflowId, status: 'CANCEL_REQUESTED' } as const, 202);
    }
    const { approval: said, decision = 'approve', ...details } = data ?? {};
    const verb = name === 'approve' || name === 'decline' ? name : undefined;
    const approval = verb === undefined ? name : (said ?? onlyOne(await run.status(), details.decisionId));
    if (verb === undefined) await checkName(catalogue, () => run.status(), name);
    return c.json(await decide(c.var, context, workflowId, approval, verb ?? decision, details), 200);
  });
}

/** The approval that `approve` and `decline` mean where they name none: the one that is waited for, or else was decided last. */
function onlyOne({ pendingSignals, approvals, workflowId }: RunStatus, decisionId: string | undefined): string {
  const repeated = approvals.find((it) => decisionId !== undefined && it.decisionId === decisionId);
  const asked = repeated?.id ?? (pendingSignals.length === 0 ? approvals.at(-1)?.id : pendingSignals[0]?.id);
  if (asked === undefined) throw new HeadraceError(`The run '${workflowId}' waits for no approval.`, { code: 'not_waiting', where: workflowId });
  if (repeated !== undefined || pendingSignals.length <= 1) return asked;
  const names = pendingSignals.map(({ id }) => id).join(', ');
  throw new HeadraceError(`The run waits for several approvals: ${names}.`, {
    code: 'wrong_input',
    where: 'data.approval',
    fix: 'Name the one that is meant: {"name":"approve","data":{"approval":"…"}}.',
  });
}

/** A name that is none of the pipeline's is refused before it is sent, also while no worker answers. */
async function checkName(catalogue: Catalogue, readStatus: () => Promise<RunStatus>, name: string): Promise<void> {
  const { pipeline } = await readStatus();
  const known = catalogue.pipelines.get(pipeline)?.pipeline.approvals.map(({ id }) => id);
  if (known === undefined || known.includes(name.split('#')[0] ?? '')) return;
  const names = ['cancel', 'approve', 'decline', ...known].join(', ');
  throw new HeadraceError(`'${name}' is no signal of the pipeline ${pipeline}. There are: ${names}.`, { code: 'unknown_signal', where: 'name' });
}
