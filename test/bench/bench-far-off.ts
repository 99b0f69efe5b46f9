/** A way to a server on which everything arrives later: a process of its own, so that it takes no time of the one that is measured. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(import.meta.url);

/** @param roundTrip milliseconds, there and back */
export async function withFarOff(address: string, roundTrip: number, work: (address: string) => Promise<void>): Promise<void> {
  const way = fork(file, [address, String(roundTrip / 2)]);
  try {
    const [farOff] = (await once(way, 'message')) as [string];
    await work(farOff);
  } finally {
    way.kill();
  }
}

function layWay(address: string, delay: number): void {
  const [host, port] = address.split(':');
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port: Number(port), noDelay: true });
    carry(near, far, delay);
    carry(far, near, delay);
  });
  server.listen(0, '127.0.0.1', () => process.send?.(`127.0.0.1:${(server.address() as AddressInfo).port}`));
}

function carry(from: Socket, to: Socket, delay: number): void {
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), delay));
  from.on('close', () => setTimeout(() => to.destroy(), delay)).on('error', () => from.destroy());
}

if (process.argv[1] === file) layWay(process.argv[2] as string, Number(process.argv[3]));
