import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startTogether } from './together.js';

/** Servers that write down their ends. */
function house() {
  const ended: string[] = [];
  const server = (name: string) => ({ name, stop: () => void ended.push(name) });
  return { ended, server };
}

test('servers that were started together are stopped together, once, the last first', async () => {
  const { ended, server } = house();
  const started = await startTogether(async (keep) => ({ one: await keep(server('one')), two: await keep(server('two')) }));
  expect(started.two.name).toBe('two');
  expect(ended).toEqual([]);
  await started.stop();
  await started.stop();
  expect(ended).toEqual(['two', 'one']);
});

test('when one does not start, those that did are stopped, and so is one that was still starting', async () => {
  const { ended, server } = house();
  const slow = wait(20).then(() => server('slow'));
  const starting = startTogether(async (keep) => {
    await keep(server('one'));
    await Promise.all([keep(slow), keep(Promise.reject(new Error('no port is free')))]);
    return {};
  });
  await expect(starting).rejects.toThrow('no port is free');
  expect(ended).toEqual(['slow', 'one']);
});
