import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { historySums, type Sums, sumsOf } from '../../worker/telemetry/history-sums.fixture.js';
import { parsePrometheus } from '../../worker/telemetry/parse-prometheus.js';
import { startApiProcess } from '../stories/story.js';
import { type Ground, openGround, postgresUrl } from './ground.js';
import { asking } from './pipelines/asking.js';
import { busy } from './pipelines/busy.js';
import { chain, parent } from './pipelines/chain.js';
import { keepRows } from './pipelines/keep-rows.js';
import { mistakes } from './pipelines/mistakes.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

const day = '2001-07-01';
const tableOf = (name: string) => ({ connection: 'lake', table: name });

/** A database of its own, so that the metrics are those of this test's runs. */
async function freshDatabase(): Promise<string> {
  const name = `metrics_${randomUUID().replaceAll('-', '')}`;
  await ask(`create database ${name}`);
  onTestFinished(() => ask(`drop database ${name} with (force)`));
  const url = new URL(postgresUrl ?? '');
  url.pathname = name;
  return url.href;
}

async function ask(statement: string): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Runs that succeed, fail, are undone, have children, expire, are cancelled and terminated, and one that a kill hits. */
async function startAll(ground: Ground): Promise<string[]> {
  const { client, temporal } = ground;
  const loading = (name: string) => ({ name, tables: [tableOf(name)], fails: false });
  const runs = await Promise.all([
    ...[1, 2, 3].map((number) => client.start(busy, { name: `busy ${number}`, steps: 4, milliseconds: 300 }, { tenant: number === 1 ? 'north' : undefined })),
    client.start(keepRows, { day, into: tableOf('kept'), rows: 500 }),
    client.start(parent, { own: loading('mine'), childs: loading('theirs') }),
    client.start(mistakes, { name: 'wrong', mistake: 'type_error' }),
    client.start(asking, { milliseconds: 300 }),
    client.start(asking, { milliseconds: 3_600_000 }),
    client.start(busy, { name: 'forced', steps: 2, milliseconds: 3_600_000 }),
    client.start(chain, { name: 'held', tables: [], holdAt: 0 }),
  ]);
  const ids = runs.map(({ workflowId }) => workflowId);
  await until(
    () => client.run(ids[7] ?? '').status(),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
  await client.run(ids[7] ?? '').cancel();
  await until(
    () => client.run(ids[8] ?? '').status(),
    ({ currentActivity }) => currentActivity === 'work',
  );
  await temporal.workflow.getHandle(ids[8] ?? '').terminate('by a test');
  return ids;
}

async function metricsAt(url: string): Promise<ReturnType<typeof parsePrometheus>> {
  return parsePrometheus(await (await fetch(url)).text());
}

const rounded = (sums: Sums) => Object.fromEntries(Object.entries(sums).map(([series, value]) => [series, Math.round(value * 1_000) / 1_000]));

test.skipIf(postgresUrl === undefined)(
  'the sums of the metrics equal what the histories say, with two workers that keep the record and one that is killed',
  async () => {
    const ground = await openGround();
    onTestFinished(() => ground.leave());
    ground.environment.DATABASE_URL = await freshDatabase();
    const [{ api }, first] = await Promise.all([startApiProcess(ground), startWorker(ground)]);
    const ids = await startAll(ground);
    await ground.held('held');
    await startWorker(ground);
    await first.kill();
    ground.go('held');
    for (const id of ids) await ground.ended(id, 120_000);
    const temporal = await connectTemporal({ address: ground.environment.TEMPORAL_ADDRESS, namespace: ground.namespace, taskQueue: ground.taskQueue });
    onTestFinished(() => temporal.close());
    const wanted = rounded(await historySums(temporal, `TaskQueue = '${ground.taskQueue}'`));
    const told = await until(
      async () => rounded(sumsOf(await metricsAt(`${api}/metrics`))),
      (sums) => JSON.stringify(Object.entries(sums).sort()) === JSON.stringify(Object.entries(wanted).sort()),
      { limit: 60_000 },
    ).catch(async () => rounded(sumsOf(await metricsAt(`${api}/metrics`))));
    expect(told).toEqual(wanted);
    expect(Object.keys(told).filter((series) => /status="(TERMINATED|CANCELLED|FAILED|SUCCEEDED)"/.test(series)).length).toBeGreaterThan(4);
    expect(told['temporal_workflow_started{pipeline="busy",tenant="north",trigger="client"}']).toBe(1);
    // The kill was felt.
    expect(told['temporal_activity_retries{pipeline="chain",step="hold",tenant="default"}']).toBeGreaterThan(0);
  },
  240_000,
);

test('a worker shows its slots and what its process costs, and leaves the counts of runs to the record', async () => {
  const ground = await openGround();
  onTestFinished(() => ground.leave());
  const worker = await startWorker(ground, ['--metrics-port', '0']);
  const url = /metrics (http\S+)/.exec(worker.output)?.[1] ?? '';
  const run = await ground.client.start(busy, { name: 'one', steps: 1, milliseconds: 1 });
  await ground.ended(run.workflowId);
  const names = (await metricsAt(url)).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['temporal_worker_task_slots_available', 'temporal_num_pollers', 'process_resident_memory_bytes']));
  expect(names.filter((name) => /^temporal_workflow_(completed|failed)$/.test(name))).toEqual([]);
  expect((await fetch(url.replace('/metrics', '/other'))).status).toBe(404);
}, 120_000);
