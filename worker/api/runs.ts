import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { runStates } from '../../sdk/node/status/run-status.js';
import { readWaits } from '../registry/run-approvals.js';
import { listRecorded, type RecordedFilter } from '../registry/run-list.js';
import type { ApiContext } from './api-context.js';
import type { Asked } from './asked.js';
import { json, problems } from './documented.js';
import { Moment } from './moment.js';
import { needs } from './needs.js';
import { NextPage, PageQuery, Pages, TimePlace } from './page.js';
import { recordedWait } from './recorded-approval.js';
import { pastRun, recordedRun } from './recorded-run.js';
import { PastRunShape, RecordedRunShape } from './recorded-shape.js';
import { findPipeline, seenRegistry, seenRuns } from './seen.js';

const searchable = z.enum(runStates).exclude(['RETRYING']);
const Filter = PageQuery.extend({
  status: searchable.optional(),
  partition: z.string().max(1_000).optional(),
  trigger: z.string().max(100).optional().meta({ description: 'client, schedule, parent or temporal' }),
  parent: z.string().max(1_000).optional().meta({ description: 'The workflow id of the run that started them' }),
  startedAfter: Moment.optional().meta({ description: 'This moment or later' }),
  startedBefore: Moment.optional().meta({ description: 'Before this moment' }),
});
const Runs = z.object({ runs: z.array(RecordedRunShape), cursor: NextPage });
const History = z.object({ runs: z.array(PastRunShape), cursor: NextPage });

export const listRuns = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows',
  summary: 'Runs, the latest first, as the registry has them: a run is there a moment after its start',
  request: { query: Filter.extend({ pipeline: z.string().max(200).optional() }) },
  responses: { 200: json(Runs, 'A page of runs'), ...problems() },
});
export const pipelineRuns = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/{id}/runs',
  summary: 'The history of a pipeline: its runs with their outputs and errors, the latest first',
  request: { params: z.object({ id: z.string() }), query: Filter },
  responses: { 200: json(History, 'A page of runs'), ...problems(404) },
});

export function addRuns(app: OpenAPIHono, context: ApiContext): void {
  app.openapi(listRuns, async (c) => {
    const { rows, cursor } = await readPage(context, c.var, c.req.valid('query'));
    const database = await seenRegistry(context, c.var.principal);
    const waits = await readWaits(
      database,
      rows.filter(({ status }) => status === 'WAITING_FOR_APPROVAL').map(({ id }) => id),
    );
    const waitsOf = (id: number) => waits.filter((it) => it.pipeline_execution_id === id);
    const runs = rows.map((run) =>
      recordedRun(
        run,
        waitsOf(run.id).map((it) => recordedWait(it, context.catalogue.pipelines.get(run.pipeline)?.pipeline)),
      ),
    );
    return c.json({ runs, cursor }, 200);
  });
  app.openapi(pipelineRuns, async (c) => {
    const { id: pipeline } = c.req.valid('param');
    const { rows, cursor } = await readPage(context, c.var, { ...c.req.valid('query'), pipeline });
    // One that is no longer hosted has its history still.
    if (rows.length === 0) findPipeline(context.catalogue, c.var.principal, pipeline);
    return c.json({ runs: rows.map(pastRun), cursor }, 200);
  });
}

type Query = Omit<RecordedFilter, 'tenant' | 'pipelines'> & { limit: number; cursor?: string };

/** A page of the list that a filter makes. */
export async function readPage(context: ApiContext, { principal }: Pick<Asked['Variables'], 'principal'>, { limit, cursor: before, ...asked }: Query) {
  const pages = new Pages(TimePlace, 'runs', { ...asked, tenant: principal.tenant });
  const after = pages.read(before);
  const database = await seenRegistry(context, principal);
  const filter = { ...asked, ...(await seenRuns(context.catalogue, database, principal)) };
  const { page, cursor } = pages.cut(await listRecorded(database, filter, limit + 1, after), limit, ({ exact_start, id }) => ({ at: exact_start, id }));
  return { rows: page, cursor };
}
