import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { connectTemporal } from '../../../sdk/node/client/connect-temporal.js';
import type { Temporal } from '../../../sdk/node/client/temporal.js';
import { freePort } from '../../../worker/dev/port.js';
import { openRegistry, type Registry } from '../../../worker/registry/index.js';
import { type PostgresServer, startPostgres } from '../../servers/postgres.js';
import { type KafkaServer, startKafka } from '../kafka.js';
import { startTemporalOnPostgres, type TemporalOnPostgres } from '../temporal-on-postgres.js';
import { type Fleet, startFleet } from './fleet.js';

/** What the record needs in production, each a server of its own. */
export interface Servers {
  temporal: TemporalOnPostgres;
  registry: PostgresServer;
  kafka: KafkaServer;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  const kept = <T extends { stop(): Promise<void> }>(server: T): T => {
    started.push(server);
    return server;
  };
  const starting = [startTemporalOnPostgres().then(kept), startPostgres().then(kept), startKafka().then(kept)] as const;
  const failed = (await Promise.allSettled(starting)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const [temporal, registry, kafka] = await Promise.all(starting);
  return { temporal, registry, kafka, stop };
}

/** Headrace as in production on those servers: a task queue, a registry, a topic and processes of its own. */
export interface World {
  servers: Servers;
  temporal: Temporal;
  registry: Registry;
  taskQueue: string;
  topic: string;
  fleet: Fleet;
  end(): Promise<void>;
}

const pipelines = fileURLToPath(new URL('./pipelines', import.meta.url));

export async function openWorld(servers: Servers, note: (message: string) => void): Promise<World> {
  const name = `record_${randomUUID().replaceAll('-', '')}`;
  const { address, namespace } = servers.temporal;
  const url = await createDatabase(servers.registry.url, name);
  const environment = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    HEADRACE_TASK_QUEUE: name,
    HEADRACE_CONCURRENCY: '50',
    HEADRACE_SETTINGS: 'none.json',
    DATABASE_URL: url,
    HEADRACE_KAFKA_BROKERS: servers.kafka.broker,
    HEADRACE_KAFKA_TOPIC: name,
  };
  const temporal = await connectTemporal({ address, namespace, taskQueue: name });
  const registry = await openRegistry({ url });
  const fleet = await startFleet(pipelines, environment, [await freePort(), await freePort()], note);
  const end = async () => {
    await fleet.end();
    await registry.close();
    await temporal.close();
  };
  return { servers, temporal, registry, taskQueue: name, topic: name, fleet, end };
}

export async function createDatabase(server: string, name: string): Promise<string> {
  const client = new pg.Client(server);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}
