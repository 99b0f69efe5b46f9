import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import type { Catalogue } from '../host/catalogue.js';
import { listWaits } from '../registry/run-approvals.js';
import type { ApiContext } from './api-context.js';
import { changes } from './changes.js';
import { DecidedShape, DecisionDetails, decide } from './decision.js';
import { json, problems, WorkflowId } from './documented.js';
import { needs, needsNow } from './needs.js';
import { NextPage, PageQuery, Pages, TimePlace } from './page.js';
import { recordedWait } from './recorded-approval.js';
import { ApprovalOutcome, PendingSignal } from './run-shape.js';
import { seenRegistry, seenRuns } from './seen.js';

const OfRun = z.object({ pending: z.array(PendingSignal), decided: z.array(ApprovalOutcome) });
const Waiting = PendingSignal.extend({ workflowId: z.string(), runId: z.string(), pipeline: z.string() }).meta({ id: 'WaitingApproval' });
const OfAll = z.object({ approvals: z.array(Waiting), cursor: NextPage });
const DecisionBody = DecisionDetails.extend({ decision: z.enum(['approve', 'decline']) }).meta({ id: 'Decision' });

const ofRun = createRoute({
  ...needsNow('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/approvals',
  summary: 'What a run waits for, and what was decided',
  request: { params: WorkflowId },
  responses: { 200: json(OfRun, 'Its approvals'), ...problems(404) },
});
const ofAll = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/approvals',
  summary: 'What all runs wait for, the nearest deadline first, as the registry has it: a wait is there some seconds after it began',
  request: { query: PageQuery.extend({ pipeline: z.string().max(200).optional() }) },
  responses: { 200: json(OfAll, 'A page of approvals'), ...problems() },
});
const decideOne = createRoute({
  ...changes('approval.decide', 'approver'),
  method: 'post',
  path: '/v1/pipelines/workflows/{workflowId}/approvals/{approval}',
  summary: 'Decides. The answer equals what the run does; what does not count leaves no event in it',
  request: {
    params: WorkflowId.extend({ approval: z.string().min(1).meta({ description: "An approval's id, or one ask of it: release_anyway#2" }) }),
    body: { required: true, content: { 'application/json': { schema: DecisionBody } } },
  },
  responses: { 200: json(DecidedShape, 'What was decided'), ...problems(404, 409, 413, 415, 422) },
});

export function addApprovals(app: OpenAPIHono, context: ApiContext): void {
  const { client, catalogue } = context;
  app.openapi(ofRun, async (c) => {
    const { pendingSignals: pending, approvals: decided } = await client.run(c.req.valid('param').workflowId).status();
    return c.json({ pending, decided }, 200);
  });
  app.openapi(ofAll, async (c) => {
    const { limit, cursor: before, pipeline } = c.req.valid('query');
    const { principal } = c.var;
    const pages = new Pages(TimePlace, 'waits', { pipeline, tenant: principal.tenant });
    const after = pages.read(before);
    const database = await seenRegistry(context, principal);
    const filter = { pipeline, ...(await seenRuns(catalogue, database, principal)) };
    const rows = await listWaits(database, filter, limit + 1, after);
    const { page, cursor } = pages.cut(rows, limit, ({ exact_deadline, id }) => ({ at: exact_deadline, id }));
    return c.json({ approvals: page.map((wait) => waiting(catalogue, wait)), cursor }, 200);
  });
  app.openapi(decideOne, async (c) => {
    const { workflowId, approval } = c.req.valid('param');
    const { decision, ...details } = c.req.valid('json');
    return c.json(await decide(c.var, context, workflowId, approval, decision, details), 200);
  });
}

function waiting(catalogue: Catalogue, wait: Awaited<ReturnType<typeof listWaits>>[number]): z.output<typeof Waiting> {
  const { workflow_id, run_id, pipeline } = wait;
  return { workflowId: workflow_id ?? '', runId: run_id ?? '', pipeline, ...recordedWait(wait, catalogue.pipelines.get(pipeline)?.pipeline) };
}
