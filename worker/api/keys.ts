import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { createKey, type ListedKey, listKeys, revokeKey, rotateKey } from '../auth/api-keys.js';
import { grantForm, isTenant, type Principal, tenantForm } from '../auth/principal.js';
import type { ApiContext } from './api-context.js';
import { json, problems } from './documented.js';
import { knownDate } from './moment.js';
import { needs } from './needs.js';
import { seenRegistry } from './seen.js';

const time = z.string().meta({ format: 'date-time' });
const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    tenant: z.string(),
    grants: z.array(z.string()),
    createdBy: z.string(),
    createdAt: time,
    expiresAt: time.optional(),
    revokedAt: time.optional(),
    lastUsedAt: time.optional().meta({ description: 'To the minute' }),
    previousUntil: time.optional().meta({ description: 'Until when the secret before the last rotation is good' }),
  })
  .meta({ id: 'ApiKey' });
const Keys = z.object({ keys: z.array(Key) });
const Made = z.object({ id: z.string(), key: z.string().meta({ description: 'The key itself. It is told this once' }) }).meta({ id: 'MadeKey' });
const NewKey = z
  .strictObject({
    name: z.string().regex(/^[\w.@-]{1,100}$/),
    grants: z
      .array(z.string().max(300).meta({ pattern: grantForm.source }))
      .min(1)
      .max(100)
      .meta({ description: 'Roles: viewer, or operator:sales_* for some pipelines' }),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: 'NewKey' });
const longestGrace = 30 * 24 * 3_600;
const Rotation = z.strictObject({ graceSeconds: z.int().min(0).max(longestGrace).default(86_400).meta({ description: 'How long the secret before is good' }) });
const OfTenant = z.object({
  tenant: z.string().max(100).optional().meta({ pattern: tenantForm.source, description: 'For the first admin key only, which makes keys for each tenant' }),
});
const OneKey = z.object({ key: z.string().max(100).meta({ description: "The key's id" }) });

const list = createRoute({
  method: 'get',
  path: '/v1/keys',
  ...needs('admin'),
  summary: "The tenant's API keys, without their secrets",
  request: { query: OfTenant },
  responses: { 200: json(Keys, 'All of them, the newest first'), ...problems(400, 503) },
});
const create = createRoute({
  method: 'post',
  path: '/v1/keys',
  ...needs('admin'),
  summary: 'Makes an API key',
  request: { query: OfTenant, body: { required: true, content: { 'application/json': { schema: NewKey } } } },
  responses: { 201: json(Made, 'It is made'), ...problems(400, 409, 413, 415, 422, 503) },
});
const rotate = createRoute({
  method: 'post',
  path: '/v1/keys/{key}/rotate',
  ...needs('admin'),
  summary: 'Gives a key a new secret; the one before is good for a while longer',
  request: { params: OneKey, query: OfTenant, body: { content: { 'application/json': { schema: Rotation } } } },
  responses: { 200: json(Made, 'It has a new secret'), ...problems(400, 404, 409, 413, 415, 422, 503) },
});
const revoke = createRoute({
  method: 'post',
  path: '/v1/keys/{key}/revoke',
  ...needs('admin'),
  summary: 'Ends a key, at once and for ever',
  request: { params: OneKey, query: OfTenant },
  responses: { 200: json(z.object({ id: z.string(), status: z.literal('REVOKED') }), 'It is ended'), ...problems(400, 404, 409, 503) },
});

export function addKeys(app: OpenAPIHono, context: ApiContext): void {
  const { record, authenticator } = context;
  const database = async () => (await record.registry()).database;
  app.openapi(list, async (c) => {
    const tenant = tenantOf(c.var.principal, c.req.valid('query').tenant);
    const keys = await listKeys(await seenRegistry(context, { tenant }), tenant);
    return c.json({ keys: keys.map(describe) }, 200);
  });
  app.openapi(create, async (c) => {
    const { expiresAt, ...asked } = c.req.valid('json');
    const tenant = tenantOf(c.var.principal, c.req.valid('query').tenant);
    const { id, text } = await createKey(
      await database(),
      { ...asked, tenant, expiresAt: expiresAt === undefined ? undefined : knownDate(expiresAt) },
      c.var.principal,
    );
    return c.json({ id, key: text }, 201);
  });
  app.openapi(rotate, async (c) => {
    const { graceSeconds = 86_400 } = c.req.valid('json');
    const tenant = tenantOf(c.var.principal, c.req.valid('query').tenant);
    const { id, text } = await rotateKey(await database(), tenant, c.req.valid('param').key, graceSeconds * 1_000, c.var.principal);
    authenticator?.keys.forget(id);
    return c.json({ id, key: text }, 200);
  });
  app.openapi(revoke, async (c) => {
    const id = c.req.valid('param').key;
    await revokeKey(await database(), tenantOf(c.var.principal, c.req.valid('query').tenant), id, c.var.principal);
    authenticator?.keys.forget(id);
    return c.json({ id, status: 'REVOKED' } as const, 200);
  });
}

/** The tenant is that of who asks; only who sets up tenants may name one. @throws HeadraceError forbidden or bad_request */
function tenantOf({ tenant, name, provisions }: Principal, asked: string | undefined): string {
  if (asked === undefined || asked === tenant) return tenant;
  if (provisions !== true) throw new HeadraceError(`'${name}' makes no keys for other tenants.`, { code: 'forbidden', where: 'tenant' });
  if (!isTenant(asked))
    throw new HeadraceError("A tenant's name is letters, digits and . @ _ - only, and begins with a letter or digit.", {
      code: 'bad_request',
      where: 'tenant',
    });
  return asked;
}

function describe(row: ListedKey): z.input<typeof Key> {
  const { id, name, tenant, grants, created_by, created_at, expires_at, revoked_at, last_used_at, previous_until } = row;
  return {
    id,
    name,
    tenant,
    grants: grants as string[],
    createdBy: created_by,
    createdAt: created_at.toISOString(),
    expiresAt: expires_at?.toISOString(),
    revokedAt: revoked_at?.toISOString(),
    lastUsedAt: last_used_at?.toISOString(),
    previousUntil: previous_until?.toISOString(),
  };
}
