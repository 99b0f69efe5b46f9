import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal } from '../../../sdk/node/client/connect-temporal.js';
import type { Temporal } from '../../../sdk/node/client/temporal.js';
import { kafkaBus, type Projector, type Relay, startProjector, startRelay } from '../../../worker/events/index.js';
import { openRegistry, type Registry } from '../../../worker/registry/index.js';
import { recordSource } from '../../../worker/telemetry/record-source.js';
import { type Ground, openGround } from '../../faults/ground.js';
import { busy } from '../../faults/pipelines/busy.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { type Servers, startServers } from './world.js';

let servers: Servers;
let ground: Ground;
let temporal: Temporal;
let registry: Registry;
let projector: Projector;
let relay: Relay;

// The worker has no registry: who projects and publishes is this process alone.
beforeAll(async () => {
  servers = await startServers();
  ground = await openGround({ temporal: servers.temporal });
  await startWorker(ground);
  temporal = await connectTemporal({ ...servers.temporal, taskQueue: ground.taskQueue });
  registry = await openRegistry({ url: servers.registry.url });
  projector = startProjector({ temporal, registry });
  relay = startRelay({ registry, bus: kafkaBus({ brokers: [servers.kafka.broker], topic: randomUUID() }) });
});

afterAll(async () => {
  await relay?.stop();
  await projector?.stop();
  await registry?.close();
  await temporal?.close();
  await ground?.leave();
  await servers?.stop();
});

/** Gauges as Prometheus would be told them now. */
async function gauges(...names: string[]): Promise<number[]> {
  const families = await recordSource(() => registry.database)();
  return names.map((name) => {
    const [sample] = families.find((family) => family.name === name)?.series ?? [];
    if (sample === undefined || !('value' in sample)) throw new Error(`${name} is not told.`);
    return sample.value;
  });
}

const begin = (name: string, milliseconds: number) => ground.client.start(busy, { name, steps: 2, milliseconds });
/** Waits until that many runs are recorded, and gives how many of them have ended. */
const recorded = (runs: number, ended: number) =>
  until(
    async () => registry.database.selectFrom('pipeline_execution').select('end_date').execute(),
    (rows) => rows.length === runs && rows.filter(({ end_date }) => end_date !== null).length === ended,
  );

test('the lag of the outbox rises while Kafka answers nobody, and is gone after it', { timeout: 180_000 }, async () => {
  const lag = () => gauges('headrace_outbox_events', 'headrace_outbox_lag_seconds');
  await begin('before', 10);
  await recorded(1, 1);
  await until(lag, ([events]) => events === 0);
  servers.kafka.freeze();
  try {
    await Promise.all(['frozen-1', 'frozen-2'].map((name) => begin(name, 10)));
    await recorded(3, 3);
    const [events = 0, seconds = 0] = await until(lag, ([count = 0, age = 0]) => count >= 8 && age > 1);
    await begin('frozen-3', 10);
    await until(lag, ([count = 0, age = 0]) => count >= events + 4 && age > seconds + 5);
  } finally {
    servers.kafka.thaw();
  }
  expect(await until(lag, ([count]) => count === 0)).toEqual([0, 0]);
});

test('the lag of the projection rises while no projector runs, and is gone after it', { timeout: 300_000 }, async () => {
  const lag = () => gauges('headrace_projection_runs', 'headrace_projection_lag_seconds', 'headrace_projection_scan_age_seconds');
  await begin('long', 600_000);
  await recorded(5, 4);
  const [, , scanned = 0] = await until(lag, ([runs]) => runs === 0);
  await projector.stop();
  await begin('unseen', 10);
  const [, first = 0] = await until(lag, ([runs, seconds = 0]) => runs === 1 && seconds >= 60, { limit: 100_000 });
  const risen = await until(lag, ([, seconds = 0]) => seconds > first + 2);
  expect(risen[2]).toBeGreaterThan(scanned + 30);
  projector = startProjector({ temporal, registry });
  await recorded(6, 5);
  const after = await until(lag, ([runs]) => runs === 0);
  expect(after.slice(0, 2)).toEqual([0, 0]);
  expect(after[2]).toBeLessThan(risen[2] as number);
});
