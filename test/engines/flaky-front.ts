import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';

/** A question to Trino, and its answer once there is one. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly reply?: string;
}

/** A proxy before Trino that answers by itself where it is told to, as one under load does. */
export interface FlakyFront {
  url: string;
  /** What was asked, in order. */
  readonly asked: { method: string; path: string; headers: IncomingMessage['headers']; status: number }[];
  /** The statuses of the next answers; 0 cuts the connection. */
  readonly next: number[];
  /** Whether the connection is cut before a question goes on to Trino, or, where there is a reply, before it comes back. */
  loses: (exchange: Exchange) => boolean;
}

export async function startFlakyFront(behind: string): Promise<FlakyFront> {
  const front: FlakyFront = { url: '', asked: [], next: [], loses: () => false };
  const server = createServer((near, answer) => void pass(front, behind, near, answer).catch(() => near.socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => void server.close());
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return front;
}

async function pass(front: FlakyFront, behind: string, near: IncomingMessage, answer: ServerResponse): Promise<unknown> {
  const { method = '', url: path = '', headers } = near;
  const status = front.next.shift();
  const seen = { method, path, headers, status: status ?? 200 };
  front.asked.push(seen);
  const body = await text(near);
  if (status === 0 || front.loses({ method, path, body })) return near.socket.destroy();
  if (status !== undefined) return answer.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end('busy');
  const far = await new Promise<IncomingMessage>((resolve, reject) => {
    request(new URL(path, behind), { method, headers }, resolve).once('error', reject).end(body);
  });
  const reply = await text(far);
  seen.status = far.statusCode ?? 0;
  if (front.loses({ method, path, body, reply })) return near.socket.destroy();
  return answer.writeHead(seen.status, far.headers).end(reply);
}
