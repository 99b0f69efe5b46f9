import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import * as z from 'zod';
import type { StatusError } from '../../sdk/node/status/run-status.js';
import type { Principal } from '../auth/principal.js';
import type { Catalogue } from '../host/catalogue.js';
import type { Database } from '../registry/database.js';
import type { RecordedRun } from '../registry/recorded-runs.js';
import { readApprovals } from '../registry/run-approvals.js';
import { readAncestors, readProjection, readSums, readValues } from '../registry/run-detail.js';
import type { ApiContext } from './api-context.js';
import { json, problems, WorkflowId } from './documented.js';
import { findRun } from './find-run.js';
import { needs } from './needs.js';
import { recordedOutcome, recordedWait } from './recorded-approval.js';
import { recordedRun, relatedRun } from './recorded-run.js';
import { RunDetailShape } from './recorded-shape.js';
import { callsPage, childrenPage, seen } from './run-parts.js';

export const runDetail = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}',
  summary: 'A run whole, as the registry has it: calls with their bars, approvals, children, sums',
  request: { params: WorkflowId, query: z.strictObject({ runId: z.uuid().optional().meta({ description: 'Where a workflow id was used again' }) }) },
  responses: { 200: json(RunDetailShape, 'The run'), ...problems(404) },
});

/** What a detail has of a run's parts: their own routes have the rest. */
const first = { calls: 500, children: 100 };

export function addRunDetail(app: OpenAPIHono, context: ApiContext): void {
  app.openapi(runDetail, async (c) => {
    const { database, run } = await findRun(context, c.var, c.req.valid('param').workflowId, c.req.valid('query').runId);
    return c.json(await detailOf(database, context.catalogue, c.var.principal, run), 200);
  });
}

async function detailOf(database: Kysely<Database>, catalogue: Catalogue, principal: Principal, run: RecordedRun): Promise<z.output<typeof RunDetailShape>> {
  const [values, record, sums, approvals, calls, children, ancestors] = await Promise.all([
    readValues(database, run.id),
    recordOf(database, run),
    sumsOf(database, run.id),
    readApprovals(database, run.id),
    callsPage(database, run, first.calls),
    childrenPage(database, principal, run, 1, first.children),
    readAncestors(database, run.id),
  ]);
  const pipeline = catalogue.pipelines.get(run.pipeline)?.pipeline;
  const open = approvals.filter(({ decision }) => decision === null).map((it) => recordedWait(it, pipeline));
  return {
    ...recordedRun(run, open),
    ...valuesOf(values),
    calls: calls.calls,
    callsCursor: calls.cursor,
    children: children.children,
    childrenCursor: children.cursor,
    ancestors: seen(principal, ancestors).map(relatedRun),
    approvals: approvals.filter(({ decision }) => decision !== null).map(recordedOutcome),
    sums,
    ...record,
  };
}

function valuesOf({ input, output, error, inserts, updates, soft_deletes, watermark }: Awaited<ReturnType<typeof readValues>>) {
  return {
    input: input ?? undefined,
    output: output ?? undefined,
    error: (error ?? undefined) as StatusError | undefined,
    inserts: inserts ?? undefined,
    updates: updates ?? undefined,
    softDeletes: soft_deletes ?? undefined,
    watermark: watermark ?? undefined,
  };
}

async function recordOf(database: Kysely<Database>, run: RecordedRun) {
  const { projection, executions } = await readProjection(database, run);
  const { projected_at = run.start_date, behind = true, problem } = projection ?? {};
  return {
    executions: executions.map(({ execution_id }) => execution_id),
    record: { readAt: projected_at.toISOString(), behind, problem: problem ?? undefined },
  };
}

async function sumsOf(database: Kysely<Database>, id: number) {
  const { duration_ms, rows, bytes, ...counts } = await readSums(database, id);
  return { ...counts, rows: rows ?? undefined, bytes: bytes ?? undefined, durationMs: duration_ms };
}
