import { createMiddleware } from 'hono/factory';
import type { Principal, Role } from '../auth/principal.js';
import type { AuditTrail } from './audit-trail.js';
import type { Deed } from './changes.js';
import type { Gate } from './gate.js';

/** What every route may read of the request. */
export interface Asked {
  Variables: {
    gate: Gate;
    audit: AuditTrail;
    principal: Principal;
    /** The pipeline that the path is about, by itself or by its run; undefined also where nothing is authenticated. */
    pipeline: string | undefined;
    /** Of a route that changes something. */
    deed: Deed;
  };
}

/** The key under which a route's OpenAPI operation says what role it needs. */
export const roleKey = 'x-headrace-role';

/** Whose run of a workflow id a route is about: the latest one that Temporal has, or the latest one in a tenant's record. */
export type Keeper = 'Temporal' | 'registry';

/**
 * Declares who may use a route, with one of these roles: to be spread into what createRoute is given. A route without it stops the
 * API from starting. The run or pipeline that the path names is checked, too: to whom it does not belong, it is not there.
 */
export function needs(...oneOf: Role[]) {
  return needsOf('registry', oneOf);
}

/** As `needs`, for a route that asks Temporal, or changes what it has. */
export function needsNow(...oneOf: Role[]) {
  return needsOf('Temporal', oneOf);
}

function needsOf(keeper: Keeper, oneOf: readonly Role[]) {
  return {
    security: [{ bearer: [] as string[] }],
    [roleKey]: oneOf.join(' or '),
    middleware: createMiddleware<Asked>(async (c, next) => {
      await c.var.gate.admit(c, oneOf, keeper);
      await next();
    }),
  };
}

/** Declares that a route is for everybody, also without a login. */
export const open = { security: [], [roleKey]: 'open' };
