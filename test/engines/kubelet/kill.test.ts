import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openGround } from '../../faults/ground.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { startTestTemporal } from '../../servers/temporal.js';
import { Cluster, image } from '../kubernetes/ground.js';
import { onCluster } from '../kubernetes/pipelines/on-cluster.js';
import { type KubernetesCluster, startKubernetes } from '../kubernetes.js';
import { reasonAgainst } from './available.js';
import { letGo, none, only, waiting } from './ground.js';
import { type RealKubelet, realKubelet } from './real-kubelet.js';

const pipelines = `${import.meta.dirname}/../kubernetes/pipelines`;

describe.skipIf(reasonAgainst() !== undefined)('a run whose step is a container of the real kubelet', () => {
  let cluster: KubernetesCluster<RealKubelet>;
  let on: Cluster;
  let temporal: Awaited<ReturnType<typeof startTestTemporal>>;

  beforeAll(async () => {
    cluster = await startKubernetes(realKubelet([{ name: image }]));
    on = new Cluster(cluster);
    temporal = await startTestTemporal();
  });
  afterAll(async () => {
    await temporal?.stop();
    await cluster?.stop();
  });

  test('goes on with the same container when its worker is killed in the middle', { timeout: 240_000 }, async () => {
    const ground = await openGround({ pipelines, connections: { cluster: on.connection() }, temporal });
    onTestFinished(() => ground.leave());
    const first = await startWorker(ground);
    const run = await ground.client.start(onCluster, { code: waiting });
    const container = await only(() => cluster.node.containers());
    // What the second worker goes on with has reached Temporal.
    await until(
      async () => (await ground.status(run.workflowId)).currentActivity,
      (activity) => activity === 'python_script',
    );
    await first.kill();
    await startWorker(ground);
    expect(await cluster.node.containers()).toEqual([container]);
    await letGo(cluster.node, container);
    expect(await ground.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { result: 'done' }, retries: 1 });
    expect((await on.pods()).map(({ metadata }) => metadata?.name)).toEqual([container.pod]);
  });

  test('loses its container when it is cancelled', { timeout: 240_000 }, async () => {
    const ground = await openGround({ pipelines, connections: { cluster: on.connection() }, temporal });
    onTestFinished(() => ground.leave());
    await startWorker(ground);
    const run = await ground.client.start(onCluster, { code: waiting });
    await only(() => cluster.node.containers());
    await ground.client.run(run.workflowId).cancel();
    expect(await ground.ended(run.workflowId)).toMatchObject({ status: 'CANCELLED' });
    await none(() => cluster.node.containers());
  });
});
