import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openGround } from '../../faults/ground.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { startTestTemporal } from '../../servers/temporal.js';
import { standIn } from '../kubelet.js';
import { startKubernetes } from '../kubernetes.js';
import { Cluster, image, isAlive, Meeting } from './ground.js';
import { onCluster } from './pipelines/on-cluster.js';

let on: Cluster;
let temporal: Awaited<ReturnType<typeof startTestTemporal>>;

beforeAll(async () => {
  on = new Cluster(await startKubernetes(standIn({ [image]: {} })));
  temporal = await startTestTemporal();
});
afterAll(async () => {
  await temporal?.stop();
  await on?.cluster.stop();
});

test('a worker that is killed in the middle: another one goes on with the Job, which was begun once', { timeout: 120_000 }, async () => {
  const ground = await openGround({ pipelines: `${import.meta.dirname}/pipelines`, connections: { cluster: on.connection() }, temporal });
  onTestFinished(() => ground.leave());
  const meeting = new Meeting();
  const first = await startWorker(ground);
  const run = await ground.client.start(onCluster, { code: meeting.script });
  await meeting.hasBegun();
  // What the second worker goes on with has reached Temporal.
  await until(
    async () => (await ground.status(run.workflowId)).currentActivity,
    (activity) => activity === 'python_script',
  );
  await first.kill();
  await startWorker(ground);
  meeting.open();
  expect(await ground.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { result: 'done' }, retries: 1 });
  expect(meeting.processes()).toHaveLength(1);
  const jobs = (await on.pods()).map(({ metadata }) => metadata?.labels?.['headrace/run']);
  expect(jobs).toEqual([run.runId]);
});

test('a run that is cancelled takes its Job away', { timeout: 120_000 }, async () => {
  const ground = await openGround({ pipelines: `${import.meta.dirname}/pipelines`, connections: { cluster: on.connection() }, temporal });
  onTestFinished(() => ground.leave());
  const meeting = new Meeting();
  await startWorker(ground);
  const run = await ground.client.start(onCluster, { code: meeting.script });
  await meeting.hasBegun();
  await ground.client.run(run.workflowId).cancel();
  expect(await ground.ended(run.workflowId)).toMatchObject({ status: 'CANCELLED' });
  await until(
    async () => (await on.pods()).filter(({ metadata }) => metadata?.labels?.['headrace/run'] === run.runId),
    (pods) => pods.length === 0,
  );
});

test('a worker that a deploy replaces leaves its Job running, and the next worker goes on with it', { timeout: 120_000 }, async () => {
  const ground = await openGround({ pipelines: `${import.meta.dirname}/pipelines`, connections: { cluster: on.connection() }, temporal });
  onTestFinished(() => ground.leave());
  const meeting = new Meeting();
  const old = await startWorker(ground, ['--drain', '1']);
  const run = await ground.client.start(onCluster, { code: meeting.script });
  const process = await meeting.hasBegun();
  const jobs = () => on.jobsOfRun(run.runId);
  const [begun] = await jobs();
  await startWorker(ground);
  expect(await old.stop()).toBe(0);
  expect([await jobs(), isAlive(process)]).toMatchObject([[{ metadata: { uid: begun?.metadata?.uid } }], true]);
  meeting.open();
  expect(await ground.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { result: 'done' } });
  expect(meeting.processes()).toEqual([process]);
  expect((await jobs()).map(({ metadata }) => metadata?.uid)).toEqual([begun?.metadata?.uid]);
});
