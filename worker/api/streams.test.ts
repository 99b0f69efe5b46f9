import { expect, test, vi } from 'vitest';
import { Streams } from './streams.js';

test('a stream ends after a while, so that a login that was revoked or has expired is not good for ever', async () => {
  const limits = { streams: 1, streamsEach: 1 };
  const streams = new Streams(() => Promise.reject(new Error('nothing is read')), limits, 50);
  const who = { tenant: 'acme', name: 'ada', grants: [] };
  const answer = streams.start(who, async function* (signal) {
    yield ': begins\n\n';
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  expect(() => streams.start(who, async function* () {})).toThrow(/streams already/);
  expect(await answer.text()).toContain('begins');
  expect(streams.start(who, async function* () {}).status).toBe(200);
});

test('a stream that breaks off, and one that nobody reads, give their places back', async () => {
  const streams = new Streams(() => Promise.reject(new Error('nothing is read')), { streams: 1, streamsEach: 1 }, 50);
  const who = { tenant: 'acme', name: 'ada', grants: [] };
  const broken = streams.start(who, async function* () {
    yield ': begins\n\n';
    throw new Error('The registry is away.');
  });
  await expect(broken.text()).rejects.toThrow('away');
  streams.start(who, async function* () {
    yield ': never read\n\n';
  });
  await vi.waitFor(() => expect(streams.start(who, async function* () {}).status).toBe(200));
});
