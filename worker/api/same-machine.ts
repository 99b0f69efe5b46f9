import type { MiddlewareHandler } from 'hono';
import { HeadraceError } from '../../sdk/authoring/errors.js';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether a host name means this machine only. */
export function isLoopback(host: string): boolean {
  return loopback.test(host);
}

/**
 * Refuses what a browser sends for a page of another site: under a foreign name that was pointed at this machine (Host),
 * or from a foreign page (Origin). Programs send neither.
 */
export const sameMachine: MiddlewareHandler = async ({ req }, next) => {
  const host = nameOf(`http://${req.header('host') ?? 'localhost'}`);
  if (!isLoopback(host)) throw new HeadraceError(`This API answers to its own machine only, not to '${host}'.`, { code: 'beyond_loopback', where: 'Host' });
  const origin = req.header('origin');
  if (origin !== undefined && !isLoopback(nameOf(origin))) {
    throw new HeadraceError(`This API takes nothing from pages of '${origin}'.`, { code: 'beyond_loopback', where: 'Origin' });
  }
  await next();
};

function nameOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return url;
  }
}
