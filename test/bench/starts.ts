/** Runs that wait for a worker, begun and ended a second once there is one: with our pollers against Temporal's default ones. */
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Connections } from 'headrace/node';
import { bundlePipelines, discover, makeWorker } from 'headrace/worker';
import { cachedRuns } from '../../worker/host/memory.js';
import { withFarOff } from './bench-far-off.js';
import { printFigure } from './bench-figure.js';
import { namespace, withTemporal } from './bench-server.js';
import { median, medianInterval } from './bench-statistics.js';

const here = dirname(fileURLToPath(import.meta.url));
const rounds = 5;
const runs = 400;
/** Milliseconds, there and back, to a server in another region. */
const distance = Number(process.argv[2] ?? 50);

await withTemporal(async ({ address, client, connection }) => {
  const catalogue = await discover(join(here, 'fixture-starts'));
  const bundle = await bundlePipelines(catalogue);
  const compare = async (connection: NativeConnection, name: string): Promise<number> => {
    const ours = (taskQueue: string) => makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, bundle, concurrency: 100, taskQueue });
    const usual = (taskQueue: string) =>
      Worker.create({ connection, namespace, taskQueue, workflowBundle: bundle, maxConcurrentActivityTaskExecutions: 100, maxCachedWorkflows: cachedRuns() });
    const rates = { ours: [] as number[], usual: [] as number[] };
    // The first round warms the server up.
    for (let round = 0; round <= rounds; round += 1) {
      rates.ours.push(await rate(client, `${name}-ours-${round}`, ours));
      rates.usual.push(await rate(client, `${name}-usual-${round}`, usual));
    }
    const ratios = rates.ours.map((it, round) => it / (rates.usual[round] as number)).slice(1);
    const [low, high] = medianInterval(ratios);
    console.log(
      `${name}: ours ${median(rates.ours).toFixed(0)} runs a second, default pollers ${median(rates.usual).toFixed(0)}, ${rounds} rounds of ${runs} runs`,
    );
    console.log(`median ratio ${median(ratios).toFixed(2)}, its 90 % interval ${low.toFixed(2)} to ${high.toFixed(2)}`);
    return median(ratios);
  };
  await compare(connection, 'on this machine');
  await withFarOff(address, distance, async (farOff) => {
    const far = await NativeConnection.connect({ address: farOff });
    printFigure('starts', await compare(far, `${distance} ms away`), 2, 'ratio', { atLeast: 2 });
    await far.close();
  });
});

/** The starts stand before the measure: client, server and worker share this machine, and it is the worker that is compared. */
async function rate(client: Client, taskQueue: string, make: (taskQueue: string) => Promise<Worker>): Promise<number> {
  const start = (_: unknown, index: number) => client.workflow.start('started', { taskQueue, workflowId: `${taskQueue}-${index}`, args: [{}] });
  await Promise.all(Array.from({ length: runs }, start));
  const worker = await make(taskQueue);
  return worker.runUntil(async () => {
    const began = performance.now();
    // One question for all of them: a long poll for each run would be most of the work that is measured.
    while ((await client.workflow.count(`TaskQueue = '${taskQueue}' and ExecutionStatus = 'Running'`)).count > 0) await wait(50);
    return runs / ((performance.now() - began) / 1_000);
  });
}
