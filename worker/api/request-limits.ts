import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import * as z from 'zod';
import type { Principal } from '../auth/principal.js';
import { Rate } from './rate.js';
import { TooMany } from './too-many.js';

/** What one process of the API takes on. */
export const RequestLimits = z.strictObject({
  /** Of each principal, or of each address without a login, in the long run. */
  requestsPerSecond: z.number().positive().default(200),
  /** Of each that has rested, at once. */
  burst: z.number().int().min(1).default(2_000),
  /** Requests that are being answered at once, streams left out. */
  requests: z.number().int().min(1).default(500),
  /** Open streams. */
  streams: z.number().int().min(1).default(200),
  /** Open streams of each principal. */
  streamsEach: z.number().int().min(1).default(100),
});

export type RequestLimits = z.output<typeof RequestLimits>;

/** Probes must be answered also when everything else is too much. */
const unlimited = new Set(['/health', '/ready']);

/** Counts who asks how much of this process. */
export class RequestGuard {
  private readonly rate: Rate;
  private open = 0;

  constructor(private readonly limits: RequestLimits) {
    this.rate = new Rate(limits);
  }

  /** Limits requests at once, and those that nobody is logged in for by their address. To be used before the routes. */
  middleware(authenticates: boolean): MiddlewareHandler {
    return async (c, next) => {
      if (unlimited.has(c.req.path)) return next();
      if (this.open >= this.limits.requests) throw new TooMany(`Requests at once are limited to ${this.limits.requests}.`);
      if (!authenticates || c.req.header('authorization') === undefined) this.countAddress(c);
      this.open += 1;
      try {
        await next();
      } finally {
        this.open -= 1;
      }
    };
  }

  /** Counts a request that has a login. @throws TooMany */
  count({ tenant, name }: Principal): void {
    this.take(`${tenant} ${name}`, `'${name}'`);
  }

  /** Counts a request that has none, or a wrong one. @throws TooMany */
  countAddress(c: Context): void {
    const { address = 'nowhere' } = getConnInfo(c).remote;
    this.take(address, address);
  }

  private take(key: string, who: string): void {
    const wait = this.rate.take(key);
    if (wait > 0) throw new TooMany(`${who} asks more than ${this.limits.requestsPerSecond} times a second.`, wait);
  }
}
