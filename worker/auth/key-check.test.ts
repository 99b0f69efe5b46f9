import { EventEmitter, once } from 'node:events';
import type { KyselyPlugin } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedPlace } from '../registry/registry.fixture.js';
import { createKey, revokeKey } from './api-keys.js';
import { KeyCheck } from './key-check.js';

const admin = { name: 'admin', tenant: 'acme', grants: [] };

/** Holds what a query has read until it is told to let go. */
function holding() {
  const told = new EventEmitter();
  const [read, go] = [once(told, 'read'), once(told, 'go')];
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      told.emit('read');
      await go;
      return result;
    },
  };
  return { plugin, read, go: () => told.emit('go') };
}

test('a key that changes while it is being read is read anew when it is next sent', async () => {
  const place = embeddedPlace();
  const registry = await place.open();
  onTestFinished(async () => {
    await registry.close();
    await place.remove();
  });
  const { id, text } = await createKey(registry.database, { name: 'nightly', tenant: 'acme', grants: ['viewer'] }, admin);
  const held = holding();
  const keys = new KeyCheck(async () => registry.database.withPlugin(held.plugin));
  const early = keys.check(text);
  await held.read;
  keys.forget(id);
  held.go();
  await early;
  await revokeKey(registry.database, 'acme', id, admin);
  await expect(keys.check(text)).rejects.toMatchObject({ code: 'unauthenticated' });
});
