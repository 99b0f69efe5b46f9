import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import type { ApiContext } from './api-context.js';
import { json, problems } from './documented.js';
import { open } from './needs.js';

const Health = z.object({ status: z.literal('ok'), service: z.literal('headrace'), pid: z.number().optional(), folder: z.string().optional() });
const Ready = z.object({ status: z.literal('ready') });

const health = createRoute({
  ...open,
  method: 'get',
  path: '/health',
  summary: 'Whether this process answers, and who it is',
  responses: { 200: json(Health, 'It does') },
});
const ready = createRoute({
  ...open,
  method: 'get',
  path: '/ready',
  summary: 'Whether Temporal answers',
  responses: { 200: json(Ready, 'It does'), ...problems() },
});

export function addHealth(app: OpenAPIHono, { client, catalogue, authenticator }: ApiContext): void {
  // Who needs a login is told nothing about the machine before it.
  const who = authenticator === undefined ? { pid: process.pid, folder: catalogue.folder } : {};
  app.openapi(health, (c) => c.json({ status: 'ok', service: 'headrace', ...who } as const, 200));
  app.openapi(ready, async (c) => {
    await client.ready();
    return c.json({ status: 'ready' } as const, 200);
  });
}
