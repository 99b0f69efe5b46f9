import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import type { ListedRun } from '../../sdk/node/client/list-runs.js';
import { jsonSchema } from '../../sdk/node/json-schema.js';
import type { Catalogue } from '../host/catalogue.js';
import type { ApiContext } from './app.js';
import { DecidedShape, DecisionDetails, decide } from './decision.js';
import { json, PageQuery, problems, WorkflowId } from './documented.js';
import { needs } from './needs.js';
import { ApprovalOutcome, PendingSignal } from './run-shape.js';
import { seenRuns } from './seen.js';

const OfRun = z.object({ pending: z.array(PendingSignal), decided: z.array(ApprovalOutcome) });
const Waiting = PendingSignal.extend({ workflowId: z.string(), runId: z.string(), pipeline: z.string() }).meta({ id: 'WaitingApproval' });
const OfAll = z.object({ approvals: z.array(Waiting), cursor: z.string().optional() });
const DecisionBody = DecisionDetails.extend({ decision: z.enum(['approve', 'decline']) }).meta({ id: 'Decision' });

const ofRun = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/approvals',
  summary: 'What a run waits for, and what was decided',
  request: { params: WorkflowId },
  responses: { 200: json(OfRun, 'Its approvals'), ...problems(404, 503) },
});
const ofAll = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/approvals',
  summary: 'What all runs wait for',
  request: { query: PageQuery.extend({ pipeline: z.string().optional() }) },
  responses: { 200: json(OfAll, 'A page of approvals'), ...problems(400, 503) },
});
const decideOne = createRoute({
  ...needs('approver'),
  method: 'post',
  path: '/v1/pipelines/workflows/{workflowId}/approvals/{approval}',
  summary: 'Decides. The answer equals what the run does; what does not count leaves no event in it',
  request: {
    params: WorkflowId.extend({ approval: z.string().min(1).meta({ description: "An approval's id, or one ask of it: release_anyway#2" }) }),
    body: { required: true, content: { 'application/json': { schema: DecisionBody } } },
  },
  responses: { 200: json(DecidedShape, 'What was decided'), ...problems(400, 404, 409, 413, 415, 422, 503) },
});

export function addApprovals(app: OpenAPIHono, context: ApiContext): void {
  const { client, catalogue } = context;
  app.openapi(ofRun, async (c) => {
    const { pendingSignals: pending, approvals: decided } = await client.run(c.req.valid('param').workflowId).status();
    return c.json({ pending, decided }, 200);
  });
  app.openapi(ofAll, async (c) => {
    const { runs, cursor } = await client.runs({ ...c.req.valid('query'), ...seenRuns(catalogue, c.var.principal), status: 'WAITING_FOR_APPROVAL' });
    return c.json({ approvals: runs.flatMap((run) => waitingOf(catalogue, run)), cursor }, 200);
  });
  app.openapi(decideOne, async (c) => {
    const { workflowId, approval } = c.req.valid('param');
    const { decision, ...details } = c.req.valid('json');
    return c.json(await decide(c.var, context, workflowId, approval, decision, details), 200);
  });
}

function waitingOf(catalogue: Catalogue, { workflowId, runId, pipeline, waiting }: ListedRun): z.input<typeof Waiting>[] {
  const declared = catalogue.pipelines.get(pipeline)?.pipeline.approvals ?? [];
  return waiting.map((wait) => {
    const form = declared.find(({ id }) => id === wait.name);
    return { workflowId, runId, pipeline, ...wait, schema: form === undefined ? undefined : jsonSchema(form.answer) };
  });
}
