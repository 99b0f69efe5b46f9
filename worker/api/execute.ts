import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { startedAs } from '../auth/principal.js';
import type { ApiContext } from './api-context.js';
import type { Deed } from './asked.js';
import { changes } from './changes.js';
import { json, problems } from './documented.js';
import { findPipeline } from './seen.js';
import { traceStart } from './trace-start.js';

const Started = z.object({ workflowId: z.string(), runId: z.string(), status: z.literal('STARTED') }).meta({ id: 'Started' });

const execute = createRoute({
  ...changes('run.start', 'operator'),
  method: 'post',
  path: '/v1/pipelines/{id}/execute',
  summary: 'Starts a run',
  request: {
    params: z.object({ id: z.string() }),
    headers: z.object({
      'idempotency-key': z.string().min(1).max(1_000).optional().meta({ description: 'The same key with the same body starts one run only' }),
    }),
    body: { content: { 'application/json': { schema: z.unknown().meta({ description: "The pipeline's input; an empty object where it is left out" }) } } },
  },
  responses: { 201: json(Started, 'The run, or the one that this Idempotency-Key started before'), ...problems(404, 409, 413, 415, 422) },
});

export function addExecute(app: OpenAPIHono, { client, catalogue, record }: ApiContext): void {
  app.openapi(execute, async (c) => {
    const { pipeline } = findPipeline(catalogue, c.var.principal, c.req.valid('param').id);
    c.var.deed.details = { pipeline: pipeline.id };
    const { 'idempotency-key': idempotencyKey } = c.req.valid('header');
    const from = new Date();
    const { workflowId, runId } = await client.start(pipeline, c.req.valid('json'), { idempotencyKey, ...startedAs(c.var.principal) });
    Object.assign(c.var.deed, { subject: workflowId, details: { pipeline: pipeline.id, runId }, once: true } satisfies Partial<Deed>);
    record.nudge(workflowId, runId);
    traceStart({ from, pipeline: pipeline.id, workflowId, runId, headers: c.req.header() });
    return c.json({ workflowId, runId, status: 'STARTED' } as const, 201);
  });
}
