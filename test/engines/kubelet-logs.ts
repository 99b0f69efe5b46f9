import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Certified } from '../servers/certificates.js';

/** The file of a pod's log: a time and a line, as container runtimes write them. */
export function logFile(folder: string, namespace: string, pod: string): string {
  return join(folder, `${namespace}_${pod}.log`);
}

/** Serves the logs of a node's pods to the API server. */
export class LogServer {
  private readonly server: Server;

  constructor(
    private readonly folder: string,
    { cert, key }: Certified,
  ) {
    this.server = createServer({ cert, key }, (request, response) => this.answer(request, response));
  }

  start(): Promise<number> {
    return new Promise((resolve) => this.server.listen(0, '127.0.0.1', () => resolve((this.server.address() as AddressInfo).port)));
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://node');
    const [, part, namespace = '', pod = ''] = pathname.split('/');
    const file = logFile(this.folder, namespace, pod);
    if (part !== 'containerLogs' || !existsSync(file)) return void response.writeHead(404).end();
    const since = Date.parse(searchParams.get('sinceTime') ?? '1970-01-01T00:00:00Z');
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && Date.parse(line.slice(0, line.indexOf(' '))) >= since);
    const shown = searchParams.get('timestamps') === 'true' ? lines : lines.map((line) => line.slice(line.indexOf(' ') + 1));
    response.writeHead(200, { 'content-type': 'text/plain' }).end(shown.map((line) => `${line}\n`).join(''));
  }
}
