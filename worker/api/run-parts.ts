import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import * as z from 'zod';
import { may, type Principal } from '../auth/principal.js';
import { readRetries } from '../events/outbox.js';
import type { Database } from '../registry/database.js';
import type { RecordedRun } from '../registry/recorded-runs.js';
import { readCalls } from '../registry/run-calls.js';
import { type RelatedRun, readDescendants } from '../registry/run-detail.js';
import type { ApiContext } from './api-context.js';
import { json, problems, WorkflowId } from './documented.js';
import { findRun } from './find-run.js';
import { needs } from './needs.js';
import { NextPage, NumberPlace, PageQuery, Pages, TimePlace } from './page.js';
import { recordedCall } from './recorded-call.js';
import { pastRun, relatedRun } from './recorded-run.js';
import { CallShape, PastRunShape, RelatedRunShape } from './recorded-shape.js';
import { readPage } from './runs.js';

const Calls = z.object({ calls: z.array(CallShape), cursor: NextPage });
const Children = z.object({ children: z.array(RelatedRunShape), cursor: NextPage });
const History = z.object({ runs: z.array(PastRunShape), cursor: NextPage });

export const runCalls = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/calls',
  summary: "A run's calls in the order in which they were made, with their bars",
  request: { params: WorkflowId, query: PageQuery },
  responses: { 200: json(Calls, 'A page of calls'), ...problems(404) },
});
export const runChildren = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/children',
  summary: 'The runs that a run started, and those below them',
  request: {
    params: WorkflowId,
    query: PageQuery.extend({ depth: z.coerce.number().int().min(1).max(1_000).default(1).meta({ description: 'How far down; 1 for its own alone' }) }),
  },
  responses: { 200: json(Children, 'A page of runs'), ...problems(404) },
});
export const runHistory = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/history',
  summary: 'The runs of the same pipeline and partition, this one among them, with outputs and errors, the latest first',
  request: { params: WorkflowId, query: PageQuery },
  responses: { 200: json(History, 'A page of runs'), ...problems(404) },
});

export function addRunParts(app: OpenAPIHono, context: ApiContext): void {
  app.openapi(runCalls, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const { database, run } = await findRun(context, c.var, c.req.valid('param').workflowId);
    return c.json(await callsPage(database, run, limit, cursor), 200);
  });
  app.openapi(runChildren, async (c) => {
    const { limit, cursor, depth } = c.req.valid('query');
    const { database, run } = await findRun(context, c.var, c.req.valid('param').workflowId);
    return c.json(await childrenPage(database, c.var.principal, run, depth, limit, cursor), 200);
  });
  app.openapi(runHistory, async (c) => {
    const { run } = await findRun(context, c.var, c.req.valid('param').workflowId);
    const partition = run.partition_key ?? undefined;
    const { rows, cursor } = await readPage(context, c.var, { ...c.req.valid('query'), pipeline: run.pipeline, partition });
    return c.json({ runs: rows.map(pastRun), cursor }, 200);
  });
}

/** A page of a run's calls. */
export async function callsPage(database: Kysely<Database>, run: RecordedRun, limit: number, before?: string) {
  const pages = new Pages(TimePlace, 'calls', run.id);
  const rows = await readCalls(database, run.id, limit + 1, pages.read(before));
  const { page, cursor } = pages.cut(rows, limit, ({ exact_start, id }) => ({ at: exact_start, id }));
  // The history tells the attempts of a call that goes on at its end only.
  const failed = page.some(({ attempts, ended_at }) => attempts > 1 || ended_at === null)
    ? await readRetries(database, run.workflow_id ?? '', run.run_id ?? '')
    : [];
  return { calls: page.map((call) => recordedCall(run, call, failed)), cursor };
}

/** A page of the runs below a run. */
export async function childrenPage(database: Kysely<Database>, principal: Principal, run: RecordedRun, depth: number, limit: number, before?: string) {
  const pages = new Pages(NumberPlace, 'children', run.id, depth);
  const rows = await readDescendants(database, run.id, depth, limit + 1, pages.read(before)?.id);
  const { page, cursor } = pages.cut(rows, limit, ({ id }) => ({ id }));
  return { children: seen(principal, page).map(relatedRun), cursor };
}

/** A coordinator may start what not everybody may see who sees it. */
export function seen(principal: Principal, runs: readonly RelatedRun[]): RelatedRun[] {
  return runs.filter(({ pipeline }) => may(principal, 'viewer', pipeline));
}
