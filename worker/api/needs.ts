import { createMiddleware } from 'hono/factory';
import type { Role } from '../auth/principal.js';
import type { Asked, Keeper } from './asked.js';

/** The key under which a route's OpenAPI operation says what role it needs. */
export const roleKey = 'x-headrace-role';

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
