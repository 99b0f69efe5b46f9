import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { listAudit } from '../registry/audit-list.js';
import type { ApiContext } from './api-context.js';
import { json, problems } from './documented.js';
import { Moment } from './moment.js';
import { needs } from './needs.js';
import { NextPage, PageQuery, Pages, TimePlace } from './page.js';
import { seenRegistry } from './seen.js';

const Entry = z
  .object({
    id: z.int(),
    at: z.string().meta({ format: 'date-time' }),
    actor: z.string().meta({ description: 'Who, as authentication knows them; the name that was given where it is not set up' }),
    action: z.string().meta({ examples: ['run.start', 'approval.decide', 'run.cancel', 'key.create'] }),
    subject: z.string().meta({ description: 'What it was done to, such as a workflow id' }),
    details: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Of runs and decisions the outcome (done, refused or unknown) and code; no inputs, answers or comments' }),
  })
  .meta({ id: 'AuditEntry' });
const Entries = z.object({ entries: z.array(Entry), cursor: NextPage });

const list = createRoute({
  ...needs('admin'),
  method: 'get',
  path: '/v1/audit',
  summary: "The tenant's audit log, the latest first: who started, decided and cancelled, or was refused that, and who changed keys",
  request: {
    query: PageQuery.extend({
      actor: z.string().max(1_000).optional(),
      action: z.string().max(100).optional(),
      subject: z.string().max(1_000).optional(),
      after: Moment.optional().meta({ description: 'This moment or later' }),
      before: Moment.optional().meta({ description: 'Before this moment' }),
    }),
  },
  responses: { 200: json(Entries, 'A page of entries'), ...problems(400) },
});

export function addAudit(app: OpenAPIHono, context: ApiContext): void {
  app.openapi(list, async (c) => {
    const { limit, cursor: shown, ...asked } = c.req.valid('query');
    const { principal } = c.var;
    const filter = { ...asked, tenant: principal.tenant };
    const pages = new Pages(TimePlace, 'audit', filter);
    const rows = await listAudit(await seenRegistry(context, principal), filter, limit + 1, pages.read(shown));
    const { page, cursor } = pages.cut(rows, limit, ({ exact_at, id }) => ({ at: exact_at, id }));
    const entries = page.map(({ exact_at: _, at, details, ...entry }) => ({ ...entry, at: at.toISOString(), details: details as Record<string, unknown> }));
    return c.json({ entries, cursor }, 200);
  });
}
