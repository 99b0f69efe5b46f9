import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { collect } from './collect.js';
import type { Source } from './family.js';
import { contentType, render } from './prometheus-text.js';

/** Where a process shows its metrics without a login. */
export interface MetricsPlace {
  port: number;
  /** 127.0.0.1 unless said: what is not loopback is for a network where all may see them. */
  host?: string;
}

export interface MetricsEndpoint {
  /** With /metrics at its end. */
  url: string;
  close(): Promise<void>;
}

/** Serves metrics in Prometheus' format under /metrics. @throws HeadraceError port_taken */
export async function serveMetrics({ port, host = '127.0.0.1' }: MetricsPlace, sources: readonly Source[]): Promise<MetricsEndpoint> {
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end('Metrics are under /metrics.\n');
    void collect(sources).then((families) => response.writeHead(200, { 'content-type': contentType }).end(render(families)));
  });
  await listen(server, port, host);
  const at = (server.address() as AddressInfo).port;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${at}/metrics`, close: () => close(server) };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch((error: Error) => {
    throw new HeadraceError(`The metrics cannot be shown on ${host}:${port}: ${error.message}`, {
      code: 'port_taken',
      where: `${host}:${port}`,
      fix: 'Choose another port: --metrics-port or HEADRACE_METRICS_PORT.',
      cause: error,
    });
  });
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
