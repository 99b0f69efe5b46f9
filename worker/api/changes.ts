import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Role } from '../auth/principal.js';
import type { AuditEntry } from '../registry/audit-log.js';
import type { Asked } from './asked.js';
import { needsNow } from './needs.js';

/** Of characters: ids are shorter, and a path may hold anything. */
const longest = 1_000;

/** Declares who may use a route that changes something, as `needs` does. Each request of somebody who is known is entered in the audit log. */
export function changes(action: string, ...oneOf: Role[]) {
  const { middleware, ...declared } = needsNow(...oneOf);
  const entering = createMiddleware<Asked>(async (c, next) => {
    c.set('deed', { action });
    await next();
    const entry = entryOf(c);
    if (entry !== undefined) c.var.audit.enter(entry);
  });
  return { ...declared, middleware: [entering, middleware] as [typeof entering, typeof middleware] };
}

function entryOf(c: Context<Asked>): AuditEntry | undefined {
  const { pipeline, deed } = c.var;
  const principal = c.var.principal as Asked['Variables']['principal'] | undefined;
  const outcome = outcomeOf(c.res.status);
  if (principal === undefined || outcome === undefined) return undefined;
  const subject = deed.subject ?? c.req.param('workflowId') ?? c.req.param('id') ?? '';
  return {
    actor: principal.name,
    tenant: principal.tenant,
    action: deed.action,
    subject: subject.slice(0, longest),
    details: { pipeline, approval: c.req.param('approval')?.slice(0, longest), ...deed.details, outcome, code: codeOf(c.error) },
    once: outcome === 'done' && deed.once,
  };
}

/** Undefined for what could not be read or was too much: nothing was tried. */
function outcomeOf(status: number): 'done' | 'refused' | 'unknown' | undefined {
  if (status < 400) return 'done';
  if (status >= 500) return 'unknown';
  return status === 403 || status === 404 || status === 409 ? 'refused' : undefined;
}

function codeOf(error: Error | undefined): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof HeadraceError ? error.code : 'internal';
}
