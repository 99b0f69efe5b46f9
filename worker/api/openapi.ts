import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiContext } from './api-context.js';
import { problems } from './documented.js';
import { frontPath } from './front-page.js';
import { roleKey } from './needs.js';

const description = 'Starts runs of pipelines, reports on them and takes approvals. Refusals are problems after RFC 9457, with a code and a fix.';
const info = { openapi: '3.1.0', info: { title: 'Headrace', version: '1', description } };
const path = '/openapi.json';

interface Operation {
  responses: Record<string, unknown>;
  security?: object[];
  [roleKey]?: string;
}

/** Serves the API's description, in which each operation says the role that it needs. Where nothing is authenticated, no login is described. */
export function addDescription(app: OpenAPIHono, { authenticator }: Pick<ApiContext, 'authenticator'>): void {
  const scheme = { type: 'http', scheme: 'bearer', description: 'An API key, or a token of the configured issuer' } as const;
  if (authenticator !== undefined) app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', scheme);
  let document: string | undefined;
  const text = () => (document ??= JSON.stringify(describe(app, authenticator !== undefined)));
  app.get(path, (c) => c.body(text(), 200, { 'content-type': 'application/json' }));
}

/** The routes that there are. */
export function routesOf(app: OpenAPIHono): { method: string; path: string }[] {
  const declared = app.openAPIRegistry.definitions.flatMap((it) => (it.type === 'route' ? [{ method: it.route.method, path: it.route.path }] : []));
  return [...declared, { method: 'get', path }, { method: 'get', path: frontPath }];
}

/** What is not declared is refused before the first request: a route without a role, and one that was added past the declarations. */
export function requireRoles(app: OpenAPIHono): void {
  const known = new Set(routesOf(app).map((it) => `${it.method.toUpperCase()} ${it.path.replaceAll(/\/{(.+?)}/g, '/:$1')}`));
  const undeclared = app.routes.filter((it) => it.method !== 'ALL').find((it) => !known.has(`${it.method} ${it.path}`));
  if (undeclared !== undefined) throw new Error(`The route ${undeclared.method} ${undeclared.path} is not declared by createRoute.`);
  const open = app.openAPIRegistry.definitions.find((it) => it.type === 'route' && (it.route as unknown as Operation)[roleKey] === undefined);
  if (open?.type === 'route') throw new Error(`The route ${open.route.method} ${open.route.path} does not say who may use it: ...needs(role).`);
}

/** Every operation with a role can be refused for want of it, and cannot be served while nobody can be known. */
function describe(app: OpenAPIHono, withLogin: boolean): object {
  const document = app.getOpenAPI31Document(info);
  const refusals = Object.entries(withLogin ? problems(401, 403, 503) : problems(403, 503));
  for (const operation of Object.values(document.paths ?? {}).flatMap((it) => Object.values(it) as Operation[])) {
    if (operation[roleKey] === 'open') continue;
    if (!withLogin) operation.security = [];
    for (const [status, { description }] of refusals) operation.responses[status] ??= { description, content: asProblem };
  }
  return document;
}

const asProblem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
