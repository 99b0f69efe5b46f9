/** Runs that are started at once and awaited, a second: with our pollers against Temporal's default ones. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { Connections } from 'headrace/node';
import { bundlePipelines, discover, makeWorker } from 'headrace/worker';
import { namespace, withTemporal } from './bench-server.js';
import { median, medianInterval } from './bench-statistics.js';

const here = dirname(fileURLToPath(import.meta.url));
const rounds = 9;
const runs = 400;

await withTemporal(async ({ client, connection }) => {
  const catalogue = await discover(join(here, 'fixture-starts'));
  const bundle = await bundlePipelines(catalogue);
  const settings = { catalogue, connections: Connections.of({}), connection, namespace, bundle, concurrency: 100 };
  const ours = await makeWorker({ ...settings, taskQueue: 'ours' });
  const usual = await Worker.create({
    connection,
    namespace,
    taskQueue: 'usual',
    workflowBundle: bundle,
    maxConcurrentActivityTaskExecutions: 100,
    maxCachedWorkflows: ours.options.maxCachedWorkflows,
  });
  let number = 0;
  const rate = async (taskQueue: string) => {
    const began = performance.now();
    await Promise.all(
      Array.from({ length: runs }, () => client.workflow.execute('started', { taskQueue, workflowId: `${taskQueue}-${number++}`, args: [{}] })),
    );
    return runs / ((performance.now() - began) / 1_000);
  };
  await ours.runUntil(
    usual.runUntil(async () => {
      await rate('ours');
      await rate('usual');
      const rates = { ours: [] as number[], usual: [] as number[] };
      for (let round = 0; round < rounds; round += 1) {
        rates.ours.push(await rate('ours'));
        rates.usual.push(await rate('usual'));
      }
      const ratios = rates.ours.map((it, round) => it / (rates.usual[round] as number));
      const [low, high] = medianInterval(ratios);
      console.log(`runs a second: ours ${median(rates.ours).toFixed(0)}, default pollers ${median(rates.usual).toFixed(0)}, ${rounds} rounds of ${runs} runs`);
      console.log(`90 % interval of the median ratio: ${low.toFixed(2)} to ${high.toFixed(2)}`);
      console.log(`starts ${median(ratios).toFixed(2)} ratio`);
    }),
  );
});
