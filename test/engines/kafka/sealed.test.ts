import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PermissionDeniedError } from '../../../sdk/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { makeAuthority } from '../../servers/certificates.js';
import { type Bus, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world?.close());

describe.each(['plain', 'scram-sha-512'] as const)('a login by %s over TLS', { timeout: 90_000 }, (mechanism) => {
  const bus = (changes: Partial<Bus> = {}, password = 'sealed'): Bus => ({
    kind: 'kafka',
    brokers: [world.kafka.sealed],
    tls: true,
    ca: world.kafka.tls.ca,
    sasl: { mechanism, username: 'sealed', password },
    ...changes,
  });

  test('exports and reads where the authority and the password are right', async () => {
    const topic = await world.topic();
    expect(await world.send(await world.made(100), { topic }, world.call({}, bus()))).toMatchObject({ rows: 100 });
    await world.sees(topic, 100);
    expect(await world.extract({ topic }, world.call({}, bus()))).toMatchObject({ rows: 100 });
    expect(await tryConnection(bus(), 'bus')).toMatch(/^Kafka with 1 brokers/);
  });

  test.each([
    ['another authority is named', { ca: makeAuthority('another').cert }],
    ['none is named', { ca: undefined }],
  ])('is refused at once where %s, in both directions, with the fix', async (_, changes) => {
    const topic = await world.topic();
    const refused = { name: 'ValidationError', code: 'bad_connection', where: 'bus', fix: expect.stringContaining('`ca`') };
    const from = await world.made(1);
    await expect(world.send(from, { topic }, world.call({}, bus(changes)))).rejects.toMatchObject(refused);
    await expect(world.extract({ topic }, world.call({}, bus(changes)))).rejects.toMatchObject(refused);
    await expect(tryConnection(bus(changes), 'bus')).rejects.toMatchObject(refused);
  });

  test('is refused at once where the password is wrong, without telling it', async () => {
    const topic = await world.topic();
    const from = await world.made(1);
    const wrong = bus({}, 'not-the-password');
    for (const attempt of [
      () => world.send(from, { topic }, world.call({}, wrong)),
      () => world.extract({ topic }, world.call({}, wrong)),
      () => tryConnection(wrong, 'bus'),
    ]) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PermissionDeniedError);
      expect(String(error)).not.toContain('not-the-password');
    }
  });

  test('TLS on one side alone is told as a server that is away, and doctor says what to look at', async () => {
    const plain = bus({ tls: false, ca: undefined });
    await expect(tryConnection(plain, 'bus')).rejects.toMatchObject({ code: 'unreachable', fix: expect.stringContaining('`tls`') });
    const other = bus({ brokers: [world.kafka.secured] });
    await expect(tryConnection(other, 'bus')).rejects.toMatchObject({ code: 'unreachable', fix: expect.stringContaining('`tls`') });
  });
});
