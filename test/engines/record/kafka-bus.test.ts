import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../sdk/node/fixtures/workshop.fixture.js';
import { eventTopic, kafkaBus, outboxLag, type PipelineEvent, startRelay } from '../../../worker/events/index.js';
import { openRegistry, type Registry } from '../../../worker/registry/index.js';
import { requiredJson } from '../../../worker/registry/safe-json.js';
import { type PostgresServer, startPostgres } from '../../servers/postgres.js';
import { type KafkaServer, startKafka } from '../kafka.js';

describe('the relay to Kafka', () => {
  let kafka: KafkaServer;
  let postgres: PostgresServer;
  let registry: Registry;
  let consumed: { stop(): Promise<void>; events: { key: string; event: PipelineEvent }[] };

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([startKafka(), startPostgres()]);
    registry = await openRegistry({ url: postgres.url });
  });

  afterAll(async () => {
    await consumed?.stop();
    await registry?.close();
    await Promise.all([kafka?.stop(), postgres?.stop()]);
  });

  async function consume() {
    const events: { key: string; event: PipelineEvent }[] = [];
    const consumer = new Kafka({ brokers: [kafka.broker], logLevel: logLevel.NOTHING, retry: { retries: 100, maxRetryTime: 500 } }).consumer({
      groupId: 'test',
      sessionTimeout: 10_000,
    });
    await consumer.connect();
    await consumer.subscribe({ topic: eventTopic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        events.push({ key: String(message.key), event: JSON.parse(String(message.value)) as PipelineEvent });
      },
    });
    return { events, stop: () => consumer.disconnect() };
  }

  /** Enters the next events of a run. */
  async function enter(workflow_id: string, from: number, count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, index) => {
      const sequence = from + index;
      const payload = { id: `${workflow_id}/${sequence}`, data: { workflowId: workflow_id, sequence } };
      return { id: payload.id, workflow_id, run_id: 'r', tenant: 't', sequence, kind: 'k', payload: requiredJson(payload) };
    });
    await registry.database.insertInto('outbox').values(rows).execute();
  }

  const drained = () =>
    until(
      () => outboxLag(registry.database),
      ({ events }) => events === 0,
      40_000,
    );

  /** The sequences as a consumer has them that leaves out ids it has seen. */
  function sequences(workflowId: string): number[] {
    const seen = new Set<string>();
    return consumed.events.flatMap(({ key, event }) => {
      if (key !== workflowId || seen.has(event.id)) return [];
      seen.add(event.id);
      return [event.data.sequence ?? 0];
    });
  }

  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  test('makes the topic, and publishes every run in its order', async () => {
    for (const workflow of ['a', 'b', 'c']) await enter(workflow, 1, 300);
    const relay = startRelay({ registry, bus: kafkaBus({ brokers: [kafka.broker] }), every: 20 });
    await drained();
    await relay.stop();
    consumed = await consume();
    await until(
      async () => consumed.events.length,
      (it) => it >= 900,
    );
    for (const workflow of ['a', 'b', 'c']) expect(sequences(workflow)).toEqual(upTo(300));
    expect(consumed.events).toHaveLength(900);
  });

  test('loses nothing when Kafka is killed and comes back', async () => {
    const reports: string[] = [];
    const relay = startRelay({ registry, bus: kafkaBus({ brokers: [kafka.broker] }), every: 20, report: (it) => reports.push(it) });
    await enter('outage', 1, 50);
    await drained();
    await kafka.halt();
    await enter('outage', 51, 50);
    await until(
      async () => reports.length,
      (it) => it > 0,
    );
    expect(reports[0]).toMatch(/Kafka does not take events/);
    expect(await relay.lag()).toEqual({ events: 50, seconds: expect.any(Number) });
    await kafka.resume();
    await drained();
    await relay.stop();
    await until(
      async () => sequences('outage').length,
      (it) => it >= 100,
    );
    expect(sequences('outage')).toEqual(upTo(100));
  });

  const run = (): ChildProcess => fork(join(import.meta.dirname, 'relaying.fixture.ts'), [postgres.url, kafka.broker], { execArgv: ['--import', 'tsx'] });

  test('a relay that is killed after Kafka took events and before they are marked: each is sent once more, with the same id', async () => {
    await enter('unmarked', 1, 20);
    const relay = run();
    await registry.database.transaction().execute(async (locked) => {
      await locked.selectFrom('outbox').select('id').where('workflow_id', '=', 'unmarked').forUpdate().execute();
      const waiting = sql<{ pid: number }>`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE 'update "outbox"%'`;
      await until(
        async () => (await waiting.execute(registry.database)).rows,
        (rows) => rows.length === 1,
      );
      relay.kill('SIGKILL');
      await once(relay, 'exit');
      // Its session goes on to wait for the lock until the server sees that nobody listens.
      await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`.execute(registry.database);
    });
    expect((await outboxLag(registry.database)).events).toBe(20);
    const next = startRelay({ registry, bus: kafkaBus({ brokers: [kafka.broker] }), every: 20 });
    await drained();
    await next.stop();
    await until(
      async () => consumed.events.filter(({ key }) => key === 'unmarked').length,
      (it) => it >= 40,
    );
    expect(consumed.events.flatMap(({ key, event }) => (key === 'unmarked' ? [event.data.sequence] : []))).toEqual([...upTo(20), ...upTo(20)]);
    expect(sequences('unmarked')).toEqual(upTo(20));
  });

  test('loses nothing when relays are killed, and doubles only with the same id', async () => {
    for (let round = 0; round < 3; round += 1) {
      const relays = [run(), run()];
      await Promise.all(relays.map((relay) => once(relay, 'message')));
      await enter('killed', round * 1_000 + 1, 1_000);
      await wait(150 * (round + 1));
      for (const relay of relays) {
        relay.kill('SIGKILL');
        await once(relay, 'exit');
      }
    }
    const relay = startRelay({ registry, bus: kafkaBus({ brokers: [kafka.broker] }), every: 20 });
    await drained();
    await relay.stop();
    await until(
      async () => sequences('killed').length,
      (it) => it >= 3_000,
    );
    expect(sequences('killed')).toEqual(upTo(3_000));
  }, 120_000);
});
