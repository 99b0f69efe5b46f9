import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** A proxy before Trino that answers by itself where it is told to, as one under load does. */
export interface FlakyFront {
  url: string;
  /** What was asked, in order. */
  readonly asked: { method: string; path: string; headers: IncomingMessage['headers']; status: number }[];
  /** The statuses of the next answers; 0 cuts the connection. */
  readonly next: number[];
}

export async function startFlakyFront(behind: string): Promise<FlakyFront> {
  const asked: FlakyFront['asked'] = [];
  const next: number[] = [];
  const server = createServer((near, answer) => {
    const { method = '', url: path = '', headers } = near;
    const status = next.shift();
    const seen = { method, path, headers, status: status ?? 200 };
    asked.push(seen);
    if (status === 0) return near.socket.destroy();
    if (status !== undefined) return answer.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end('busy');
    const far = request(new URL(path, behind), { method, headers }, (reply) => {
      seen.status = reply.statusCode ?? 0;
      answer.writeHead(seen.status, reply.headers);
      reply.pipe(answer);
    });
    far.on('error', () => answer.destroy());
    return near.pipe(far);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, next };
}
