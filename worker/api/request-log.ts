import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Log } from '../logging/log.js';
import type { Asked } from './asked.js';
import type { RequestMetrics } from './request-metrics.js';

/** What probes and Prometheus ask all the time. */
const incessant = new Set(['/health', '/ready', '/metrics']);

/** Writes a line and counts for each request: what was asked, by whom, of which run, and how it was answered. */
export function requestLog(log: Log, metrics: RequestMetrics): MiddlewareHandler<Asked> {
  return async (c, next) => {
    const began = performance.now();
    await next();
    const { method, path } = c.req;
    const { status } = c.res;
    const seconds = (performance.now() - began) / 1_000;
    const route = routePath(c, -1);
    metrics.observe({ method, route, status: String(status) }, seconds);
    const level = status >= 500 ? 'error' : incessant.has(path) ? 'debug' : 'info';
    if (!log.isLevelEnabled(level)) return;
    const principal = c.var.principal as Asked['Variables']['principal'] | undefined;
    const who = { principal: principal?.name, tenant: principal?.tenant, pipeline: c.var.pipeline };
    const ms = Math.round(seconds * 1_000);
    log[level]({ method, route, status, ms, ...who, workflowId: c.req.param('workflowId'), code: codeOf(c.error) }, `${method} ${path} ${status}`);
  };
}

function codeOf(error: Error | undefined): string | undefined {
  return error instanceof HeadraceError ? error.code : undefined;
}
