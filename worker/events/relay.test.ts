import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import type { Registry } from '../registry/index.js';
import { type RegistryPlace, registryPlace } from '../registry/registry.fixture.js';
import { type EventBus, type OutboxEvent, publishRetrying, type RelaySettings, readOutbox, startRelay } from './index.js';

const kinds = inject('postgresUrl') === undefined ? (['embedded'] as const) : (['embedded', 'postgres'] as const);

describe.each(kinds)('the relay of the %s registry', (kind) => {
  let place: RegistryPlace;
  let registry: Registry;

  beforeAll(async () => {
    place = (await registryPlace(kind, inject('postgresUrl'))) as RegistryPlace;
    registry = await place.open();
  });

  afterAll(async () => {
    await registry.close();
    await place.remove();
  });

  beforeEach(async () => {
    await registry.database.deleteFrom('outbox').execute();
    await registry.database.deleteFrom('lease').execute();
  });

  const failed = { namespace: 'n', executionId: 'r', pipeline: 'p', step: 's', callId: 's#1', ask: async () => ({ runId: 'r', tenant: 'default' }) };
  const publishSome = (count: number, workflowId = 'w') =>
    Promise.all(Array.from({ length: count }, (_, index) => publishRetrying(registry.database, { ...failed, workflowId, attempt: index + 1 })));

  /** A relay that does not outlive its test, however that ends. */
  function relaying(settings: Omit<RelaySettings, 'registry'>) {
    const relay = startRelay({ registry, ...settings });
    onTestFinished(() => relay.stop());
    return relay;
  }

  /** A bus that remembers, and fails as it is told. */
  function listening() {
    const taken: OutboxEvent[] = [];
    const state = { fails: 0, late: 0, closed: 0, atOnce: 0, most: 0 };
    const bus: EventBus = {
      publish: async (events) => {
        state.atOnce += 1;
        state.most = Math.max(state.most, state.atOnce);
        await wait(5);
        state.atOnce -= 1;
        if (state.fails > 0) {
          state.fails -= 1;
          throw new Error('away');
        }
        taken.push(...events);
        if (state.late > 0) {
          state.late -= 1;
          throw new Error('no answer');
        }
      },
      close: async () => void (state.closed += 1),
    };
    return { taken, state, bus };
  }

  test('publishes each event in its order, one batch at a time, and tells how much waits', async () => {
    await publishSome(1_200);
    const { taken, state, bus } = listening();
    const relay = relaying({ bus, every: 20 });
    await until(
      () => relay.lag(),
      ({ events }) => events === 0,
    );
    expect(taken.map(({ position }) => position)).toEqual((await readOutbox(registry.database, 0, 2_000)).map(({ position }) => position));
    expect(state.most).toBe(1);
    await relay.stop();
    expect(state.closed).toBe(1);
    await publishSome(1, 'later');
    expect(await relay.lag()).toEqual({ events: 1, seconds: expect.any(Number) });
  });

  test('publishes after an outage what waited, and says the outage once', async () => {
    const { taken, state, bus } = listening();
    const reports: string[] = [];
    state.fails = 3;
    const relay = relaying({ bus, every: 10, report: (it) => reports.push(it) });
    await publishSome(10);
    await until(
      () => relay.lag(),
      ({ events }) => events === 0,
    );
    expect(reports).toEqual(['away']);
    expect(taken).toHaveLength(10);
    await relay.stop();
  });

  test('publishes small events of errors that say much: Kafka refuses what is large, and would be asked for ever', async () => {
    const much = 'x'.repeat(1_200_000);
    const error = { type: much, message: much, code: much, fix: much, where: much };
    await publishRetrying(registry.database, { ...failed, workflowId: 'w', attempt: 1, error });
    const [row] = await readOutbox(registry.database, 0, 1);
    expect(JSON.stringify(row?.event).length).toBeLessThan(30_000);
  });

  test('sends again what was taken without an answer, with the same ids', async () => {
    const { taken, state, bus } = listening();
    state.late = 1;
    await publishSome(10);
    const relay = relaying({ bus, every: 10 });
    await until(
      () => relay.lag(),
      ({ events }) => events === 0,
    );
    expect(taken).toHaveLength(20);
    expect(new Set(taken.map(({ event }) => event.id)).size).toBe(10);
    await relay.stop();
  });

  test('works alone, and another takes over when it is gone', async () => {
    const one = listening();
    const other = listening();
    // What a killed process leaves behind.
    await registry.database
      .insertInto('lease')
      .values({ name: 'relay', owner: 'dead', until: new Date(Date.now() + 1_500) })
      .execute();
    await publishSome(3, 'before');
    const relays = [one, other].map(({ bus }) => relaying({ bus, every: 10, lease: 1 }));
    await wait(300);
    expect(one.taken.length + other.taken.length).toBe(0);
    await until(
      async () => one.taken.length + other.taken.length,
      (it) => it === 3,
    );
    const [first, second] = one.taken.length === 3 ? [0, 1] : [1, 0];
    await publishSome(3, 'middle');
    await until(
      async () => [one, other][first]?.taken.length,
      (it) => it === 6,
    );
    await relays[first]?.stop();
    await publishSome(3, 'after');
    await until(
      async () => [one, other][second]?.taken.length,
      (it) => it === 3,
    );
    await relays[second]?.stop();
  });

  test('a reader that resumes at its position misses nothing that commits meanwhile', async () => {
    const seen: number[] = [];
    let writing = true;
    const written = Promise.all(Array.from({ length: 8 }, (_, index) => publishSome(25, `writer-${index}`))).then(() => {
      writing = false;
    });
    for (let more = true; more; ) {
      const last = !writing;
      const page = await readOutbox(registry.database, seen.at(-1) ?? 0, 20);
      seen.push(...page.map(({ position }) => position));
      more = page.length > 0 || !last;
    }
    await written;
    expect(seen).toHaveLength(200);
    expect(await readOutbox(registry.database, 0, 500, { workflowId: 'writer-3' })).toHaveLength(25);
  });
});
