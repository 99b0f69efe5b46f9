/** A sequential step on the dev server as `headrace dev` starts it, against the same server as it comes. The figure is how many times faster. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { Connections } from 'headrace/node';
import { discover, makeWorker } from 'headrace/worker';
import { startUntuned } from '../servers/untuned.js';
import { printFigure } from './bench-figure.js';
import { namespace, withTemporal } from './bench-server.js';
import { median, medianInterval } from './bench-statistics.js';

const here = dirname(fileURLToPath(import.meta.url));
const rounds = 7;
const row = { id: 1, name: 'a row of five fields', day: '2001-01-01', amount: 12.5, ok: true };

/** @returns milliseconds of one run of 40 sequential steps */
type Measure = () => Promise<number>;

async function withWorker(address: string, work: (measure: Measure) => Promise<void>): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const catalogue = await discover(join(here, 'fixture-overhead'));
  const worker = await makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, taskQueue: 'server' });
  let number = 0;
  await worker.runUntil(() =>
    work(async () => {
      const began = performance.now();
      await client.workflow.execute('forty', { taskQueue: 'server', workflowId: `forty-${number++}`, args: [row] });
      return performance.now() - began;
    }),
  );
}

await withTemporal(async ({ address }) => {
  const untuned = await startUntuned();
  await withWorker(address, (ours) =>
    withWorker(untuned.address, async (theirs) => {
      await Promise.all([ours(), theirs()]);
      const ratios: number[] = [];
      const times = { ours: [] as number[], theirs: [] as number[] };
      for (let round = 0; round < rounds; round += 1) {
        times.ours.push(await ours());
        times.theirs.push(await theirs());
        ratios.push((times.theirs.at(-1) as number) / (times.ours.at(-1) as number));
      }
      const [low, high] = medianInterval(ratios);
      console.log(
        `a step: tuned ${(median(times.ours) / 40).toFixed(1)} ms, untuned ${(median(times.theirs) / 40).toFixed(1)} ms, ${rounds} rounds of 40 steps`,
      );
      console.log(`90 % interval of the median ratio: ${low.toFixed(1)} to ${high.toFixed(1)}`);
      printFigure('server', median(ratios), 1, 'ratio', { atLeast: 5 });
    }),
  );
  await untuned.stop();
});
