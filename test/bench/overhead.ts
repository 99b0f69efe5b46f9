/**
 * 40 sequential steps through Headrace against the same by hand: same server, worker settings, body, time-outs and heartbeat, with
 * 100 pipelines of 10 steps in Headrace's bundle. Pairs are interleaved; the figure is the median of the pairwise ratios.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { Connections } from 'headrace/node';
import { discover, makeWorker, pollers } from 'headrace/worker';
import { namespace, withTemporal } from './bench-server.js';
import { median, medianInterval } from './bench-statistics.js';

const here = dirname(fileURLToPath(import.meta.url));
const pairs = Number(process.argv[2] ?? 40);
const row = { id: 1, name: 'a row of five fields', day: '2001-01-01', amount: 12.5, ok: true };

/** The folder of the pipelines, inside the repository so that its imports are found: forty, and a hundred others of ten steps. */
function makeFolder(): string {
  const folder = mkdtempSync(join(here, '.overhead-'));
  cpSync(join(here, 'fixture-overhead'), folder, { recursive: true });
  mkdirSync(join(folder, 'others'));
  for (let index = 0; index < 100; index += 1) writeFileSync(join(folder, 'others', `other-${index}.ts`), other(index));
  return folder;
}

function other(index: number): string {
  const steps = Array.from({ length: 10 }, (_, n) => `const s${n} = step('other_${index}_${n}', { input: Row, output: Row });`);
  return `import { pipeline, step } from 'headrace';\nimport * as z from 'zod';\n
const Row = z.object({ id: z.number(), name: z.string(), day: z.iso.date(), amount: z.number(), ok: z.boolean() });
${steps.join('\n')}
export const other${index} = pipeline('other_${index}', { input: Row, output: Row }, async (_flow, row) => {
  let last = row;
  for (const step of [${Array.from({ length: 10 }, (_, n) => `s${n}`).join(', ')}]) last = await step(last);
  return last;
});\n`;
}

async function measure(start: () => Promise<WorkflowHandle>): Promise<{ time: number; handle: WorkflowHandle }> {
  const begin = performance.now();
  const handle = await start();
  await handle.result();
  return { time: performance.now() - begin, handle };
}

async function count(handle: WorkflowHandle): Promise<string> {
  const { events = [] } = await handle.fetchHistory();
  const tasks = events?.filter((event) => event.workflowTaskCompletedEventAttributes).length;
  return `${events?.length} events, ${tasks} workflow tasks`;
}

const folder = makeFolder();
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

await withTemporal(async ({ client, connection }) => {
  const catalogue = await discover(folder);
  if (catalogue.refusals.length > 0) throw new Error(catalogue.refusals[0]?.error.message);
  const ours = await makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, taskQueue: 'ours' });
  const bundle = await bundleWorkflowCode({ workflowsPath: join(here, 'overhead-twin.cjs'), logger: new DefaultLogger('ERROR') });
  const twin = await Worker.create({
    connection,
    namespace,
    taskQueue: 'twin',
    workflowBundle: bundle,
    activities: { forward: forwardByHand },
    maxConcurrentActivityTaskExecutions: 10,
    maxCachedWorkflows: ours.options.maxCachedWorkflows,
    ...pollers,
  });
  let number = 0;
  const start = (type: string, taskQueue: string) => () => client.workflow.start(type, { taskQueue, workflowId: `${type}-${number++}`, args: [row] });
  const startOurs = start('forty', 'ours');
  const startTwin = start('fortyByHand', 'twin');
  await ours.runUntil(
    twin.runUntil(async () => {
      for (let warm = 0; warm < 5; warm += 1) {
        await measure(startOurs);
        await measure(startTwin);
      }
      const ratios: number[] = [];
      const times: { ours: number; twin: number }[] = [];
      let counts = ['', ''];
      for (let pair = 0; pair < pairs; pair += 1) {
        const order = pair % 2 === 0 ? [startOurs, startTwin] : [startTwin, startOurs];
        const results = [await measure(order[0] as typeof startOurs), await measure(order[1] as typeof startOurs)];
        const [a, b] = pair % 2 === 0 ? results : results.reverse();
        if (a === undefined || b === undefined) throw new Error('unreachable');
        ratios.push(a.time / b.time);
        times.push({ ours: a.time, twin: b.time });
        if (pair === 0) counts = [await count(a.handle), await count(b.handle)];
      }
      console.log(`Headrace: ${counts[0]}; by hand: ${counts[1]}`);
      if (counts[0] !== counts[1]) throw new Error('Headrace adds events or workflow tasks.');
      console.log(
        `medians: Headrace ${median(times.map((it) => it.ours)).toFixed(1)} ms, by hand ${median(times.map((it) => it.twin)).toFixed(1)} ms, ${pairs} pairs`,
      );
      const [low, high] = medianInterval(ratios);
      console.log(`90 % interval of the median ratio: ${low.toFixed(3)} to ${high.toFixed(3)}`);
      console.log(`overhead ${median(ratios).toFixed(3)} ratio`);
    }),
  );
});

/** By hand one heartbeats too: by a timer that is cleared when the step ends. */
async function forwardByHand(row: unknown): Promise<unknown> {
  const { heartbeatTimeoutMs = 20_000 } = Context.current().info;
  clearInterval(setInterval(() => Context.current().heartbeat(), heartbeatTimeoutMs / 4));
  return row;
}
