import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { runStates } from '../../sdk/node/status/run-status.js';
import type { ApiContext } from './app.js';
import { json, PageQuery, problems } from './documented.js';
import { needs } from './needs.js';
import { ListedRunShape } from './run-shape.js';
import { seenRuns } from './seen.js';

const searchable = z.enum(runStates).exclude(['RETRYING']);
const Runs = z.object({ runs: z.array(ListedRunShape), cursor: z.string().optional().meta({ description: 'For the next page; left out on the last' }) });

const runs = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows',
  summary: "Runs, the latest first. Temporal's list lags behind a run by a moment",
  request: { query: PageQuery.extend({ pipeline: z.string().optional(), status: searchable.optional() }) },
  responses: { 200: json(Runs, 'A page of runs'), ...problems(400, 503) },
});

export function addRuns(app: OpenAPIHono, { client, catalogue }: ApiContext): void {
  app.openapi(runs, async (c) => c.json(await client.runs({ ...c.req.valid('query'), ...seenRuns(catalogue, c.var.principal) }), 200));
}
