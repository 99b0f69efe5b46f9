import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from './port.js';

test('a free port is never given twice, though nobody listens on it yet', async () => {
  const ports = await Promise.all(Array.from({ length: 2_000 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
});

test('a free port is below those of outgoing connections, which would take it before a slow server binds it', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(Math.max(...ports)).toBeLessThan(lowestOutgoing());
});

test('the preferred port is given while nobody listens there', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  expect(await freePort(port)).not.toBe(port);
  await new Promise((resolve) => holder.close(resolve));
  expect(await freePort(port)).toBe(port);
});

function lowestOutgoing(): number {
  if (process.platform !== 'linux') return 32_768;
  return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
}
