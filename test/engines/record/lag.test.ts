import { afterAll, beforeAll, expect, test } from 'vitest';
import { sayLag } from './event-lag.js';
import { measureLag } from './measure-lag.js';
import { type Servers, startServers } from './world.js';

let servers: Servers;

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers?.stop());

// How many seconds it takes is for `npm run bench -- event-lag` on a machine that does nothing else.
test('with 100 runs at once, events follow their steps', { timeout: 10 * 60_000 }, async () => {
  const figures = await measureLag(servers, 100);
  console.log(sayLag(figures));
  expect(figures.steps).toBe(1_000);
  expect(figures.p50).toBeLessThan(60_000);
});
