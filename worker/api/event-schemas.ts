import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { eventSchemas } from '../events/kinds.js';
import { json, problems } from './documented.js';
import { needs } from './needs.js';

const Schemas = z.record(z.string(), z.record(z.string(), z.unknown()));

const route = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/events/schemas',
  summary: 'The JSON Schema of each kind of event, draft 2020-12',
  responses: { 200: json(Schemas, "By the event's type; its $id is the event's dataschema"), ...problems() },
});

export function addEventSchemas(app: OpenAPIHono): void {
  let schemas: ReturnType<typeof eventSchemas> | undefined;
  app.openapi(route, (c) => c.json((schemas ??= eventSchemas()), 200));
}
