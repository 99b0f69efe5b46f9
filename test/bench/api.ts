/**
 * The API with a million runs in its registry: starts against those of a raw Temporal client, the status of runs that ended, lists. All are sent in turn at a constant rate.
 * The figure is how much longer a start through the API takes.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApi } from './bench-api.js';
import { openLoop } from './bench-open-loop.js';
import { withTemporal } from './bench-server.js';
import { median, quantile } from './bench-statistics.js';

const warmUps = 40;
const measured = Number(process.argv[2] ?? 330);
/** Rounds after which a run has ended. */
const later = 30;
const runs = '/v1/pipelines/workflows';
const lists: Record<string, string> = {
  'first page': '',
  '200 runs': 'limit=200',
  'of a pipeline': 'pipeline=p1',
  'by status': 'status=FAILED',
  'by partition': 'partition=2024-05',
  'by trigger': 'trigger=parent',
  'by parent': 'parent=w3',
  'of a pipeline by status': 'pipeline=p7&status=FAILED',
  'by everything': 'pipeline=p1&status=FAILED&partition=2024-05&trigger=client&startedAfter=2024-02-01T00:00:00Z&startedBefore=2024-12-01T00:00:00Z',
  'nothing fits': 'pipeline=p201&status=FAILED',
};

/** Milliseconds that the median may take; of a start, more than a raw one. */
const limits = { execute: 10, status: 15, list: 50 };

await withTemporal(async ({ address, client }) => {
  const { ask, taskQueue, middle, leave } = await openApi(address, join(dirname(fileURLToPath(import.meta.url)), 'fixture-starts'), 1_000_000);
  try {
    const pages = Object.entries({ ...lists, 'deep page': `cursor=${middle}` });
    const started: string[] = [];
    const raw = async (round: number) => {
      await client.workflow.start('started', { taskQueue, workflowId: `raw-${round}`, args: [{}] });
      return 'raw start';
    };
    const execute = async (round: number) => {
      started[round] = (await ask<{ workflowId: string }>('/v1/pipelines/started/execute', {})).workflowId;
      return 'execute';
    };
    // Each one's is asked once: nothing is remembered of it.
    const status = async (round: number) => {
      const workflowId = started[Math.max(0, round - later)];
      if (round < later || workflowId === undefined) return 'nothing yet';
      const { endedAt } = await ask<{ endedAt?: string }>(`${runs}/${workflowId}/status`);
      return endedAt === undefined ? 'status of a run that has not ended' : 'status of an ended run';
    };
    const list = async (round: number) => {
      const [name, query] = pages[round % pages.length] as [string, string];
      await ask(`${runs}?${query}`);
      return `list: ${name}`;
    };
    print(await openLoop([raw, execute, status, list], { every: 100, rounds: warmUps + measured, warmUps }));
  } finally {
    await leave();
  }
});

function print(times: Map<string, number[]>): void {
  for (const [name, values] of [...times].sort()) {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(values, share).toFixed(1).padStart(7));
    console.log(`${name.padEnd(36)} p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, ${values.length} requests`);
  }
  const middle = (name: string) => median(times.get(name) ?? [Number.NaN]);
  const slowestList = Math.max(...[...times.keys()].filter((name) => name.startsWith('list: ')).map(middle));
  const figures = { execute: middle('execute') - middle('raw start'), status: middle('status of an ended run'), list: slowestList };
  const tooSlow = (['execute', 'status', 'list'] as const).filter((name) => !(figures[name] <= limits[name]));
  console.log(
    `medians: execute ${figures.execute.toFixed(1)} ms more than raw (at most 10), status ${figures.status.toFixed(1)} ms (15), slowest list ${slowestList.toFixed(1)} ms (50)`,
  );
  if (tooSlow.length > 0) {
    console.log(`too slow: ${tooSlow.join(', ')}`);
    process.exitCode = 1;
  }
  console.log(`api ${figures.execute.toFixed(1)} ms`);
}
