import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import type { ApiContext } from './app.js';
import { json, problems } from './documented.js';

const Health = z.object({ status: z.literal('ok'), service: z.literal('headrace'), pid: z.number(), folder: z.string() });
const Ready = z.object({ status: z.literal('ready') });

const health = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Whether this process answers, and who it is',
  responses: { 200: json(Health, 'It does') },
});
const ready = createRoute({ method: 'get', path: '/ready', summary: 'Whether Temporal answers', responses: { 200: json(Ready, 'It does'), ...problems(503) } });

export function addHealth(app: OpenAPIHono, { client, catalogue }: ApiContext): void {
  app.openapi(health, (c) => c.json({ status: 'ok', service: 'headrace', pid: process.pid, folder: catalogue.folder } as const, 200));
  app.openapi(ready, async (c) => {
    await client.ready();
    return c.json({ status: 'ready' } as const, 200);
  });
}
