import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { ApiContext } from './api-context.js';
import { json, problems, WorkflowId } from './documented.js';
import { needsNow } from './needs.js';
import { RunStatusShape } from './run-shape.js';

const status = createRoute({
  ...needsNow('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/status',
  summary: 'How a run stands, at every moment and after its end',
  request: { params: WorkflowId },
  responses: { 200: json(RunStatusShape, 'The run'), ...problems(404) },
});

export function addStatus(app: OpenAPIHono, { client }: ApiContext): void {
  app.openapi(status, async (c) => c.json(await client.run(c.req.valid('param').workflowId).status(), 200));
}
