import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server in front of another one that wants a key, as people put one before Flink, which has no login. */
export async function startGate(behind: string, key: string, refusal = 403): Promise<{ url: string; close(): void }> {
  const server = createServer((asked, answer) => {
    if (asked.headers.authorization !== `Bearer ${key}`) return void answer.writeHead(refusal).end('no entry');
    const { method, headers } = asked;
    const onward = request(new URL(asked.url ?? '/', behind), { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    onward.on('error', () => answer.writeHead(502).end());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
