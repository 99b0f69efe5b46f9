import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import type { ApiContext } from './api-context.js';
import { changes } from './changes.js';
import { json, problems, WorkflowId } from './documented.js';

/** What a cancellation answers: the run undoes what it did, and then ends. */
export const CancelRequested = z.object({ workflowId: z.string(), status: z.literal('CANCEL_REQUESTED') }).meta({ id: 'CancelRequested' });

const cancel = createRoute({
  ...changes('run.cancel', 'operator'),
  method: 'post',
  path: '/v1/pipelines/workflows/{workflowId}/cancel',
  summary: 'Asks a run to cancel: what it did is undone, and it ends CANCELLED',
  request: { params: WorkflowId },
  responses: { 202: json(CancelRequested, 'It is asked'), ...problems(404, 409) },
});

export function addCancel(app: OpenAPIHono, { client }: ApiContext): void {
  app.openapi(cancel, async (c) => {
    const { workflowId } = c.req.valid('param');
    await client.run(workflowId).cancel();
    return c.json({ workflowId, status: 'CANCEL_REQUESTED' } as const, 202);
  });
}
