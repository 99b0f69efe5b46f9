import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { processLog } from '../logging/log.js';
import type { ApiContext } from './api-context.js';
import { makeApp } from './app.js';
import { AuditTrail } from './audit-trail.js';
import { whoHolds } from './port-holder.js';
import { RequestLimits } from './request-limits.js';
import { isLoopback } from './same-machine.js';
import { seenRegistry } from './seen.js';
import { Streams } from './streams.js';

export interface ApiSettings extends Omit<ApiContext, 'streams' | 'limits' | 'audit'> {
  limits?: Partial<RequestLimits>;
  /** 8092 unless said; 0 for any. */
  port?: number;
  /** Where the port is taken, another one. */
  anyPort?: boolean;
  /** 127.0.0.1 unless said; beyond loopback only with authentication. */
  host?: string;
}

/** An API that listens. */
export interface Api {
  /** Without a slash at its end. */
  url: string;
  /** Takes no further requests, ends those that are open, and enters in the audit log what they did. */
  stop(): Promise<void>;
}

const usualPort = 8092;
/** Bytes of a request's head: a filter of the longest names fits, also when they are percent-encoded. */
const longestHead = 65_536;
const grace = 2_000;
/** Milliseconds: longer than clients and proxies keep an idle connection, so that none sends on one that was just closed. */
const keptAlive = 75_000;

/**
 * Serves the API.
 *
 * @throws HeadraceError beyond_loopback, or port_taken with the port's holder
 */
export async function startApi({ port = usualPort, anyPort = false, host = '127.0.0.1', limits: set = {}, ...context }: ApiSettings): Promise<Api> {
  if (!isLoopback(host) && context.authenticator === undefined) {
    throw new HeadraceError(`The API has no authentication, so it does not listen on ${host}: whoever reaches it could start runs and approve.`, {
      code: 'beyond_loopback',
      where: host,
    });
  }
  const limits = RequestLimits.parse(set);
  const streams = new Streams((tenant) => seenRegistry(context, { tenant }), limits);
  const audit = new AuditTrail(context.record, context.log ?? processLog);
  const app = makeApp({ ...context, streams, limits, audit });
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host, serverOptions: { maxHeaderSize: longestHead } }) as Server;
  server.keepAliveTimeout = keptAlive;
  server.headersTimeout = keptAlive + 5_000;
  await listen(server, port, host).catch((error: HeadraceError) => {
    if (!anyPort || error.code !== 'port_taken') throw error;
    return listen(server, 0, host);
  });
  const at = (server.address() as AddressInfo).port;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${at}`, stop: () => stop(server, streams).then(() => audit.close()) };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new HeadraceError(`Port ${port} is taken by ${await whoHolds(host, port)}.`, {
      code: 'port_taken',
      where: `${host}:${port}`,
      fix: 'Stop it, or choose another port: --port.',
    });
  }
}

/** Lets what is being answered end, within a moment. */
async function stop(server: Server, streams: Streams): Promise<void> {
  streams.close();
  const force = setTimeout(() => server.closeAllConnections(), grace);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(force);
}
