import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { openOwnGround } from '../own-ground.js';
import { sendNumbers } from './pipelines/send-numbers.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world?.close());

const long = { timeout: 240_000 };
const limit = 120_000;

async function ground() {
  const here = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections: { bus: world.bus() } });
  onTestFinished(() => here.leave());
  return { here, worker: await startWorker(here) };
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
