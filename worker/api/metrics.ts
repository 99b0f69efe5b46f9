import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { may, type Principal } from '../auth/principal.js';
import { collect } from '../telemetry/collect.js';
import { type Family, seriesWhere } from '../telemetry/family.js';
import { processSource } from '../telemetry/process-source.js';
import { contentType, render } from '../telemetry/prometheus-text.js';
import { recordSource } from '../telemetry/record-source.js';
import type { ApiContext } from './api-context.js';
import { needs } from './needs.js';

const metrics = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/metrics',
  summary: "Metrics in Prometheus' text format: of the pipelines that one may see, and of everything for who sets up tenants",
  responses: { 200: { description: 'Every metric with its sentence', content: { 'text/plain': { schema: z.string() } } } },
});

export function addMetrics(app: OpenAPIHono, { record, sources = [] }: ApiContext): void {
  const whole = [recordSource(() => record.database), processSource, ...sources];
  const ofTenant = (tenant: string) => [recordSource(() => record.current?.readAs(tenant), 'tenant'), ...sources];
  app.openapi(metrics, async (c) => {
    const { principal } = c.var;
    const families = principal.provisions === true ? await collect(whole) : seen(await collect(ofTenant(principal.tenant)), principal);
    return c.text(render(families), 200, { 'content-type': contentType });
  });
}

/** A tenant learns nothing of the others, nor of the machine. */
function seen(families: readonly Family[], principal: Principal): readonly Family[] {
  return families.map((family) => seriesWhere(family, ({ tenant, pipeline }) => tenant === principal.tenant && may(principal, 'viewer', pipeline)));
}
