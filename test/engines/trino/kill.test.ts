import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openGround } from '../../faults/ground.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { startTestTemporal } from '../../servers/temporal.js';
import { lastHeartbeat } from '../last-heartbeat.js';
import { Gate } from '../postgres-gate.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { onTrino } from './pipelines/on-trino.js';
import { World } from './world.js';

let trino: TrinoServer;
let world: World;
let temporal: Awaited<ReturnType<typeof startTestTemporal>>;

beforeAll(async () => {
  trino = await startTrino();
  world = new World(trino);
  temporal = await startTestTemporal();
});
afterAll(async () => {
  await temporal?.stop();
  await trino?.stop();
});

async function begin(word: string, { answer = false, until: reached = '/executing/' } = {}) {
  const ground = await openGround({
    pipelines: `${import.meta.dirname}/pipelines`,
    connections: { iceberg: world.connection({ catalog: 'iceberg' }) },
    temporal,
  });
  onTestFinished(() => ground.leave());
  const gate = await Gate.close(trino.postgres.url);
  onTestFinished(() => gate.open().catch(() => undefined));
  const worker = await startWorker(ground);
  const statement = `SELECT nation.*, '${word}' AS word FROM tpch.tiny.nation CROSS JOIN postgresql.public.gate`;
  const run = await ground.client.start(onTrino, { on: 'iceberg', statement, answer }, { tenant: 'ours' });
  await expect.poll(() => world.listed(word), { timeout: 60_000 }).toMatchObject([{ state: 'RUNNING' }]);
  // What another worker is to know has reached Temporal.
  await until(
    () => lastHeartbeat(ground, run.workflowId),
    (place) => place.includes(reached),
    { limit: 60_000 },
  );
  return { ground, gate, worker, run };
}

test('a worker that is killed in the middle: another one goes on with the statement, which was submitted once', { timeout: 240_000 }, async () => {
  const { ground, gate, worker, run } = await begin('killed in the middle');
  await worker.kill();
  await startWorker(ground);
  await gate.open();
  const ended = await ground.ended(run.workflowId, 120_000);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { rows: 25 }, retries: 1 });
  const listed = await world.listed('killed in the middle');
  expect(listed).toMatchObject([{ state: 'FINISHED' }]);
  expect(await world.session(listed[0]?.id)).toMatchObject({
    clientTags: expect.arrayContaining(['tenant=ours', `run=${run.workflowId}`, 'step=sql#1', 'pipeline=on_trino']),
  });
});

test('without into, what a killed worker has left running is ended before its successor begins anew', { timeout: 240_000 }, async () => {
  const { ground, gate, worker, run } = await begin('killed while it answers', { answer: true, until: '"link":' });
  await worker.kill();
  await startWorker(ground);
  await expect.poll(() => world.listed('killed while it answers'), { timeout: 120_000 }).toMatchObject([{ state: 'FAILED' }, { state: 'RUNNING' }]);
  const [left, begun] = await world.ask(
    `SELECT CAST("end" AS varchar), CAST(created AS varchar) FROM system.runtime.queries WHERE source LIKE 'headrace/%/answer' AND query LIKE '%killed while it answers%' ORDER BY created`,
  );
  expect(String(left?.[0]) < String(begun?.[1])).toBe(true);
  await gate.open();
  expect(await ground.ended(run.workflowId, 120_000)).toMatchObject({ status: 'SUCCEEDED', output: { rows: 25 }, retries: 1 });
});

test('a run that is cancelled ends its statement', { timeout: 240_000 }, async () => {
  const { ground, run } = await begin('run cancelled');
  await ground.client.run(run.workflowId).cancel();
  expect(await ground.ended(run.workflowId, 120_000)).toMatchObject({ status: 'CANCELLED' });
  await expect.poll(() => world.listed('run cancelled'), { timeout: 60_000 }).toMatchObject([{ state: 'FAILED' }]);
});
