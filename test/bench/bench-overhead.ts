import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, type NativeConnection, Worker, type WorkerInterceptors } from '@temporalio/worker';
import { Connections } from 'headrace/node';
import { type Catalogue, discover, makeWorker, pollers } from 'headrace/worker';
import { printFigure } from './bench-figure.js';
import { median, medianInterval } from './bench-statistics.js';

/** What the two of a pair run against, and what Headrace's worker has beside its steps. */
export interface OverheadGround {
  client: Client;
  connection: NativeConnection;
  namespace: string;
  interceptors?: WorkerInterceptors;
  /** Settles when what the last run left to do is done: it is none of the next one's time. */
  calm?: () => Promise<void>;
}

const here = dirname(fileURLToPath(import.meta.url));
const row = { id: 1, name: 'a row of five fields', day: '2001-01-01', amount: 12.5, ok: true };
const warmUps = 5;

/** The pipelines of the benchmark: forty steps, and a hundred others of ten. */
export async function overheadCatalogue(): Promise<Catalogue> {
  const folder = makeFolder();
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const catalogue = await discover(folder);
  if (catalogue.refusals.length > 0) throw new Error(catalogue.refusals[0]?.error.message);
  return catalogue;
}

/**
 * 40 sequential steps through Headrace against the same by hand: same server, worker settings, body, time-outs and heartbeat, with
 * 100 pipelines of 10 steps in Headrace's bundle. Pairs are interleaved; the figure is the median of the pairwise ratios.
 */
export async function printOverhead(figure: OverheadFigure, catalogue: Catalogue, ground: OverheadGround, pairs: number): Promise<void> {
  const { client, connection, namespace, interceptors, calm = async () => undefined } = ground;
  const ours = await makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, taskQueue: 'ours', interceptors });
  const twin = await makeTwin(ground, ours.options.maxCachedWorkflows);
  let number = 0;
  const measure = async (type: string, taskQueue: string) => {
    await calm();
    const begin = performance.now();
    const handle = await client.workflow.start(type, { taskQueue, workflowId: `${type}-${number++}`, args: [row] });
    await handle.result();
    return { time: performance.now() - begin, handle };
  };
  const measureOurs = () => measure('forty', 'ours');
  const measureTwin = () => measure('fortyByHand', 'twin');
  await ours.runUntil(
    twin.runUntil(async () => {
      const measured: { ours: Measured; twin: Measured }[] = [];
      for (let pair = -warmUps; pair < pairs; pair += 1) {
        const first = pair % 2 === 0 ? await measureOurs() : undefined;
        const second = await measureTwin();
        const both = { ours: first ?? (await measureOurs()), twin: second };
        if (pair >= 0) measured.push(both);
      }
      await compareHistories(measured[0] as (typeof measured)[0]);
      print(figure, measured);
    }),
  );
}

/** How the figure is called, and the ratio that it must keep. */
export interface OverheadFigure {
  name: string;
  atMost: number;
}

interface Measured {
  time: number;
  handle: WorkflowHandle;
}

async function makeTwin({ connection, namespace }: OverheadGround, maxCachedWorkflows: number): Promise<Worker> {
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: join(here, 'overhead-twin.cjs'), logger: new DefaultLogger('ERROR') });
  return Worker.create({
    connection,
    namespace,
    taskQueue: 'twin',
    workflowBundle,
    activities: { forward: forwardByHand },
    maxConcurrentActivityTaskExecutions: 10,
    maxCachedWorkflows,
    ...pollers,
  });
}

async function compareHistories({ ours, twin }: { ours: Measured; twin: Measured }): Promise<void> {
  const counts = [await count(ours.handle), await count(twin.handle)];
  console.log(`Headrace: ${counts[0]}; by hand: ${counts[1]}`);
  if (counts[0] !== counts[1]) throw new Error('Headrace adds events or workflow tasks.');
}

function print({ name, atMost }: OverheadFigure, measured: readonly { ours: Measured; twin: Measured }[]): void {
  const middle = (side: 'ours' | 'twin') => median(measured.map((it) => it[side].time)).toFixed(1);
  console.log(`medians: Headrace ${middle('ours')} ms, by hand ${middle('twin')} ms, ${measured.length} pairs`);
  const ratios = measured.map(({ ours, twin }) => ours.time / twin.time);
  const [low, high] = medianInterval(ratios);
  console.log(`90 % interval of the median ratio: ${low.toFixed(3)} to ${high.toFixed(3)}`);
  printFigure(name, median(ratios), 3, 'ratio', { atMost });
}

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

async function count(handle: WorkflowHandle): Promise<string> {
  const { events = [] } = await handle.fetchHistory();
  const tasks = events?.filter((event) => event.workflowTaskCompletedEventAttributes).length;
  return `${events?.length} events, ${tasks} workflow tasks`;
}

/** By hand one heartbeats too: by a timer that is cleared when the step ends. */
async function forwardByHand(row: unknown): Promise<unknown> {
  const { heartbeatTimeoutMs = 20_000 } = Context.current().info;
  clearInterval(setInterval(() => Context.current().heartbeat(), heartbeatTimeoutMs / 4));
  return row;
}
