import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { askLake } from '../../faults/rows.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { lastHeartbeat } from '../last-heartbeat.js';
import { openOwnGround } from '../own-ground.js';
import { sendNumbers } from './pipelines/send-numbers.js';
import { takeNumbers } from './pipelines/take-numbers.js';
import { World } from './world.js';

let world: World;
/** Of 60 MB, which a consumer takes in 60 answers. */
let large: string;
const messages = 60_000;

beforeAll(async () => {
  world = await World.open();
  large = await world.largeTopic(messages);
});
afterAll(() => world?.close());

const long = { timeout: 240_000 };
const limit = 120_000;

async function ground() {
  const here = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections: { bus: world.bus() } });
  onTestFinished(() => here.leave());
  return { here, worker: await startWorker(here) };
}

/** A run that has begun to read the large topic. */
async function reading() {
  const { here, worker } = await ground();
  const before = await world.groups();
  const { workflowId } = await here.client.start(takeNumbers, { topic: large });
  await until(
    () => lastHeartbeat(here, workflowId),
    (told) => told.includes('rows'),
    { limit, every: 1 },
  );
  return { here, worker, workflowId, before };
}

test('a worker that is killed in the middle of an export: another sends the rest', long, async () => {
  const { here, worker } = await ground();
  const topic = await world.topic();
  const rows = 20_000;
  const { workflowId } = await here.client.start(sendNumbers, { topic, rows });
  const offsets = async () => (await world.admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
  await until(offsets, (count) => count > 500, { limit, every: 10 });
  await worker.kill();
  expect(await offsets()).toBeLessThan(rows);
  await startWorker(here);
  expect(await here.ended(workflowId, limit)).toMatchObject({ status: 'SUCCEEDED', retries: 1, output: { rows } });
  await world.sees(topic, rows);
});

test('a worker that is killed in the middle of an extraction: another takes each message once, and no consumer group stays', long, async () => {
  const { here, worker, workflowId, before } = await reading();
  await worker.kill();
  // Its consumer still has its place, so it was not through.
  expect(await world.groups()).toHaveLength(before.length + 1);
  await startWorker(here);
  expect(await here.ended(workflowId, limit)).toMatchObject({ status: 'SUCCEEDED', retries: 1, output: { rows: messages } });
  const numbers = `read_parquet('${here.lake}/numbers/**/*.parquet')`;
  const [counted] = await askLake(`SELECT count(*)::INT AS rows, count(DISTINCT n)::INT AS different FROM ${numbers}`);
  expect(counted).toEqual({ rows: messages, different: messages });
  expect(await world.groups()).toEqual(before);
});

test('a run that is cancelled in the middle of an extraction ends though the broker hangs, and no consumer group stays', long, async () => {
  const { here, workflowId, before } = await reading();
  world.kafka.freeze();
  onTestFinished(() => world.kafka.thaw());
  await here.client.run(workflowId).cancel();
  expect(await here.ended(workflowId, 30_000)).toMatchObject({ status: 'CANCELLED', activities: [{ name: 'extract_data', status: 'CANCELLED' }] });
  world.kafka.thaw();
  await expect.poll(() => world.groups(), { timeout: 60_000 }).toEqual(before);
});
