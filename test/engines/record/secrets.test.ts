import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EncryptionKey, newKey } from '../../../sdk/node/encryption/key-ring.js';
import { until } from '../../faults/until.js';
import { type Carrying, carry, ends, secretive } from '../../secrets/carry.js';
import { tracesOf } from '../../secrets/traces.js';
import { openStory } from '../../stories/story.js';
import { readTopic, type TopicEvent } from './read-topic.js';
import { createDatabase, type Servers, startServers } from './world.js';

let servers: Servers;
beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers?.stop());

/** Runs that carry a secret to each of their ends, and what Kafka then has of them. */
async function publish(encryption?: readonly EncryptionKey[]): Promise<{ secret: string; messages: TopicEvent[] }> {
  const name = `secrets_${randomUUID().replaceAll('-', '')}`;
  const registry = await createDatabase(servers.registry.url, name);
  const environment = { DATABASE_URL: registry, HEADRACE_KAFKA_BROKERS: servers.kafka.broker, HEADRACE_KAFKA_TOPIC: name };
  const story = await openStory({ pipelines: secretive, environment, encryption, temporal: servers.temporal });
  // JSON and addresses write it in other ways.
  const carrying: Carrying = { story, secret: `planted "${randomUUID()}" ü/&`, runs: [] };
  try {
    await Promise.all(ends.map((end) => carry(carrying, end)));
    const entered = await published(registry, 2 * ends.length);
    const messages = await readTopic(servers.kafka.broker, name);
    expect(new Set(messages.map(({ value }) => (JSON.parse(value) as { id: string }).id)).size).toBe(entered);
    return { secret: carrying.secret, messages };
  } finally {
    await story.ground.leave();
  }
}

/** Waits until all runs have ended in the registry and Kafka has all their events. Gives how many these are. */
async function published(registry: string, runs: number): Promise<number> {
  const client = new pg.Client(registry);
  await client.connect();
  const counts = `select (select count(*) from pipeline_execution where end_date is not null)::int as ended, count(*)::int as events,
    count(published_at)::int as published from outbox`;
  try {
    const seen = await until(
      async () => (await client.query<{ ended: number; events: number; published: number }>(counts)).rows[0],
      (it) => it?.ended === runs && it.events === it.published,
    );
    return seen?.events ?? 0;
  } finally {
    await client.end();
  }
}

/** In which part of messages of which kind it is found. */
function found({ secret, messages }: { secret: string; messages: TopicEvent[] }): string[] {
  const parts = messages.flatMap(({ key, headers, value }) => {
    const { type } = JSON.parse(value) as { type: string };
    return Object.entries({ key, headers, value })
      .filter(([, text]) => tracesOf(secret, { text }).length > 0)
      .map(([part]) => `${part} of ${type}`);
  });
  return [...new Set(parts)].sort();
}

test('a planted secret is in no message of Kafka, neither its key nor its headers nor its value, where runs are encrypted', { timeout: 300_000 }, async () => {
  const [encrypted, plain] = await Promise.all([publish([newKey('k1')]), publish()]);
  expect(found(encrypted)).toEqual([]);
  const kinds = ['APPROVED', 'FAILED', 'RETRYING', 'STEP_FAILED', 'STEP_SKIPPED'];
  expect(found(plain)).toEqual(kinds.map((kind) => `value of PIPELINE_${kind}`));
  const typesOf = ({ messages }: { messages: TopicEvent[] }) => new Set(messages.map(({ value }) => (JSON.parse(value) as { type: string }).type));
  expect(typesOf(encrypted)).toEqual(typesOf(plain));
});
