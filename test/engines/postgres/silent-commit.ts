import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a PostgreSQL that loses the answer to one COMMIT: it is done, and whoever asked for it is cut off. */
export class SilentCommit {
  private armed = false;
  /** How often an answer was lost. */
  lost = 0;

  private constructor(readonly url: string) {}

  /** Open until the test is over. */
  static async to(url: string): Promise<SilentCommit> {
    const { hostname, port } = new URL(url);
    const sockets = new Set<Socket>();
    const server = createServer((client) => way.join(client, connect(Number(port), hostname), sockets));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = (server.address() as { port: number }).port;
    const way = new SilentCommit(url.replace(`:${port}/`, `:${own}/`));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return way;
  }

  /** The next COMMIT's answer is lost. */
  arm(): void {
    this.armed = true;
  }

  private join(client: Socket, server: Socket, sockets: Set<Socket>): void {
    let silent = false;
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
    client.on('data', (sent) => {
      if (this.armed && sent.includes('COMMIT')) {
        this.armed = false;
        silent = true;
      }
      server.write(sent);
    });
    server.on('data', (said) => {
      if (!silent) return void client.write(said);
      this.lost += 1;
      client.destroy();
    });
  }
}
