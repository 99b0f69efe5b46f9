import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiContext } from './api-context.js';

export const frontPath = '/';

/** What a person who opens the API's URL looks for. */
const places = {
  description: '/openapi.json',
  health: '/health',
  ready: '/ready',
  pipelines: '/v1/pipelines',
  runs: '/v1/pipelines/workflows',
  approvals: '/v1/approvals',
  events: '/v1/events',
  metrics: '/metrics',
};

/** Says where to go on, as JSON or to a browser. Who needs a login learns nothing that /openapi.json does not tell. */
export function addFrontPage(app: OpenAPIHono, { authenticator, uiUrl }: Pick<ApiContext, 'authenticator' | 'uiUrl'>): void {
  const known = authenticator === undefined && uiUrl !== undefined ? { ...places, temporal: uiUrl } : places;
  const page = render(known);
  app.get(frontPath, (c) => {
    c.header('vary', 'accept');
    if (!/\btext\/html\b/.test(c.req.header('accept') ?? '')) return c.json({ service: 'headrace', ...known });
    c.header('content-security-policy', "default-src 'none'");
    return c.html(page);
  });
}

function render(known: Record<string, string>): string {
  const lines = Object.entries(known).map(([name, place]) => `<li>${name}: <a href="${place}">${place}</a></li>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Headrace</title><h1>Headrace</h1><p>This is the API.</p><ul>${lines.join('')}</ul></html>`;
}
