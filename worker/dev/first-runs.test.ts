import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Served, serve } from '../api/served.fixture.js';
import type { Dev } from './dev.js';
import { startFirstRuns } from './first-runs.js';

let served: Served;
const folder = mkdtempSync(join(tmpdir(), 'headrace-first-runs-'));

beforeAll(async () => void (served = await serve()));
afterAll(async () => {
  await served?.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(runs: object[], signal = new AbortController().signal): Promise<boolean> {
  const file = join(folder, `${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify(runs));
  return startFirstRuns(file, { apiUrl: served.api.url, namespace: 'tests' } as Dev, signal);
}

const good = { title: 'good', pipeline: 'shop', input: {} };
const waits = { title: 'waits', pipeline: 'shop', input: { ask: true } };
const expired = { title: 'expired', pipeline: 'shop', input: { ask: true, within: 1 } };

test('all is well when what must succeed has, however long the run that waits for people is over', async () => {
  expect(await start([good, { ...waits, mustSucceed: false }])).toBe(true);
  const over = { ...expired, key: randomUUID(), mustSucceed: false };
  expect(await start([good, over])).toBe(true);
  expect(await start([good, over])).toBe(true);
});

test.each([
  ['waits for people', waits],
  ['has expired', expired],
])('all is not well when a run that must succeed %s', async (_, run) => {
  expect(await start([run, { ...good, mustSucceed: false }])).toBe(false);
});

test('a run that takes long is no longer followed when that is not wanted any more', async () => {
  const stop = new AbortController();
  const following = start([{ ...good, input: { orders: ['a'], ms: 3_000 } }], stop.signal);
  await wait(200);
  stop.abort();
  await expect(following).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
