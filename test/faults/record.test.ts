import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { asker, listen } from '../../worker/api/client.fixture.js';
import { historySums, sumsOf } from '../../worker/telemetry/history-sums.fixture.js';
import { parsePrometheus } from '../../worker/telemetry/parse-prometheus.js';
import { type PostgresServer, startPostgres } from '../servers/postgres.js';
import { startApiProcess } from '../stories/story.js';
import type { BinaryProcess } from './binary-process.js';
import { type Ground, openGround, postgresUrl } from './ground.js';
import { busy } from './pipelines/busy.js';
import { chain } from './pipelines/chain.js';
import { shipped } from './pipelines/shipped.js';
import { stumbling } from './pipelines/stumbling.js';
import { countRows } from './rows.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

const tableOf = (table: string) => ({ connection: 'lake', table });

describe.skipIf(postgresUrl === undefined)('what worker and API keep of runs, as processes on PostgreSQL', () => {
  let postgres: PostgresServer;
  let ground: Ground;
  let worker: BinaryProcess;
  let apis: string[];
  let http: ReturnType<typeof asker>;
  let outgoing: string;

  beforeAll(async () => {
    postgres = await startPostgres();
    ground = await openGround({ connections: { outgoing: { kind: 'files', folder: 'outgoing' } } });
    outgoing = join(ground.lake, '..', 'outgoing');
    mkdirSync(outgoing, { recursive: true });
    // Nobody listens there: a Kafka that is away.
    Object.assign(ground.environment, { DATABASE_URL: postgres.url, HEADRACE_KAFKA_BROKERS: '127.0.0.1:1' });
    const started = await Promise.all([startApiProcess(ground), startApiProcess(ground), startWorker(ground)]);
    worker = started[2];
    apis = [started[0].api, started[1].api];
    http = asker(apis[0] as string);
  });

  afterAll(async () => {
    await ground?.leave();
    await postgres?.stop();
  });

  const detail = async (workflowId: string) => (await http.get(http.run(workflowId))).body;
  const recorded = (workflowId: string) =>
    until(
      () => detail(workflowId),
      ({ endedAt }) => endedAt !== undefined,
    );
  const eventsOf = async (workflowId: string) => (await http.get(`${http.run(workflowId)}/events?limit=200`)).body.events as { type: string; data: object }[];
  const metrics = async (api = apis[0]) => parsePrometheus(await (await fetch(`${api}/metrics`)).text());
  const gauges = async (...names: string[]) => {
    const families = await metrics();
    return names.map((name) => families.find((family) => family.name === name)?.series.map((it) => ('value' in it ? it.value : undefined))[0]);
  };

  test('a step that fails twice is RETRYING for who looks and who listens, live and outside the sequence', async () => {
    const { workflowId } = await ground.client.start(stumbling, { times: 2 });
    await until(
      () => http.get(http.run(workflowId)),
      ({ status }) => status === 200,
    );
    const stream = await listen(`${apis[1]}${http.run(workflowId)}/events`);
    const retrying = await until(
      () => http.status(workflowId),
      ({ status }) => status === 'RETRYING',
    );
    expect(retrying).toMatchObject({ currentActivity: 'stumble', activities: [{ name: 'stumble', status: 'RETRYING' }] });
    // As it happens, and not when the run has ended.
    await until(
      () => stream.messages.filter(({ event }) => event === 'PIPELINE_RETRYING').length,
      (count) => count > 0,
    );
    expect((await http.status(workflowId)).endedAt).toBeUndefined();
    expect(await stream.ended).toBe(true);
    const told = stream.messages.map(({ data }) => data);
    const live = told.filter(({ type }) => type === 'PIPELINE_RETRYING');
    expect(live).toMatchObject(
      [1, 2].map((attempt) => ({ attempt, data: { live: true, step: 'stumble', callId: 'stumble#1', attempt, error: { type: 'RangeError' } } })),
    );
    for (const event of live) expect(event).not.toHaveProperty('sequence');
    const lasting = told.filter(({ type }) => type !== 'PIPELINE_RETRYING');
    expect(lasting.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['PIPELINE_STARTED', '1'],
      ['PIPELINE_STEP_COMPLETED', '2'],
      ['PIPELINE_SUCCEEDED', '3'],
    ]);
    expect(await http.status(workflowId)).toMatchObject({ status: 'SUCCEEDED', retries: 2 });
    expect((await recorded(workflowId)).calls).toMatchObject([{ attempts: 3, failedAttempts: [{ attempt: 1 }, { attempt: 2 }] }]);
  });

  test('rows and bytes of a load and an export are those that are there: in the calls, the run, the events and the metrics', async () => {
    const { workflowId } = await ground.client.start(shipped, { rows: 12_345, into: tableOf('shipped'), path: 'shipped.csv' });
    expect(await ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED' });
    const folder = join(ground.lake, 'shipped');
    const files = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.parquet'));
    const loaded = { rows: await countRows(ground, tableOf('shipped')), bytes: files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) };
    const file = readFileSync(join(outgoing, 'shipped.csv'), 'utf8');
    const exported = { rows: file.trim().split('\n').length - 1, bytes: Buffer.byteLength(file) };
    expect([loaded.rows, exported.rows]).toEqual([12_345, 12_345]);
    const run = await recorded(workflowId);
    const callOf = (step: string) => run.calls.find((call: { step: string }) => call.step === step);
    expect([callOf('load_data'), callOf('export')]).toMatchObject([loaded, exported]);
    expect(run).toMatchObject({ rows: loaded.rows });
    const events = await eventsOf(workflowId);
    const eventOf = (step: string) => events.find(({ data }) => (data as { step?: string }).step === step);
    expect([eventOf('load_data'), eventOf('export')]).toMatchObject([
      { rows: loaded.rows, data: loaded },
      { rows: exported.rows, data: exported },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'PIPELINE_SUCCEEDED', rows: loaded.rows });
    const families = await metrics();
    const told = (metric: string, step: string) =>
      families.find(({ name }) => name === metric)?.series.find(({ labels }) => labels.pipeline === 'shipped' && labels.step === step);
    for (const [step, { rows, bytes }] of Object.entries({ load_data: loaded, export: exported })) {
      expect([told('headrace_step_rows', step), told('headrace_step_bytes', step)]).toMatchObject([{ value: rows }, { value: bytes }]);
    }
  });

  test('while Kafka is away the lag of the outbox grows, and says how much waits', async () => {
    const lag = () => gauges('headrace_outbox_events', 'headrace_outbox_lag_seconds');
    const [events = 0, seconds = 0] = await until(lag, ([count = 0, age = 0]) => count > 0 && age > 0);
    const { workflowId } = await ground.client.start(busy, { name: 'waiting', steps: 2, milliseconds: 10 });
    await recorded(workflowId);
    await until(lag, ([count = 0, age = 0]) => count >= events + 4 && age > seconds);
  });

  test('while PostgreSQL is away that is told, and afterwards the record catches up and two APIs say the same as the histories', async () => {
    const lag = () => gauges('headrace_registry_up', 'headrace_projection_runs', 'headrace_projection_lag_seconds');
    expect(await lag()).toMatchObject([1, expect.any(Number), expect.any(Number)]);
    const { workflowId } = await ground.client.start(busy, { name: 'unseen', steps: 6, milliseconds: 500 });
    await until(
      () => ground.status(workflowId),
      ({ activities }) => activities.length > 1,
    );
    await postgres.halt();
    await until(lag, ([up]) => up === 0);
    expect(await lag()).toEqual([0, undefined, undefined]);
    expect(await ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED' });
    await postgres.resume();
    await recorded(workflowId);
    await until(lag, ([up, runs]) => up === 1 && runs === 0);
    const temporal = await connectTemporal({ address: ground.environment.TEMPORAL_ADDRESS, namespace: ground.namespace, taskQueue: ground.taskQueue });
    const rounded = (sums: Record<string, number>) =>
      JSON.stringify(
        Object.entries(sums)
          .map(([name, value]) => [name, value.toFixed(3)])
          .sort(),
      );
    const wanted = rounded(await historySums(temporal, `TaskQueue = '${ground.taskQueue}'`));
    for (const api of apis)
      await until(
        async () => rounded(sumsOf(await metrics(api))),
        (told) => told === wanted,
      );
    await temporal.close();
  });

  test('a run that Temporal timed out while no worker lived is TIMED_OUT and uncompensated in status, registry, events and metrics', async () => {
    const input = { name: 'outlived', tables: [tableOf('left_behind')], holdAt: 1, fails: false };
    const options = { workflowId: 'outlived', taskQueue: ground.taskQueue, args: [input], workflowExecutionTimeout: '20 seconds' } as const;
    await ground.temporal.workflow.start(chain.id, options);
    await ground.held('outlived');
    await worker.kill();
    expect(await ground.ended('outlived')).toMatchObject({ status: 'TIMED_OUT', undo: 'UNCOMPENSATED', currentActivity: null });
    expect(await http.status('outlived')).toMatchObject({
      status: 'TIMED_OUT',
      undo: 'UNCOMPENSATED',
      activities: [{ status: 'COMPLETED' }, { name: 'load_data', status: 'COMPLETED' }, { name: 'hold', status: 'ABANDONED' }],
    });
    const run = await recorded('outlived');
    expect(run).toMatchObject({ status: 'TIMED_OUT', undo: 'UNCOMPENSATED', reason: expect.stringContaining('time-out') });
    expect(run.calls.map(({ step, status }: Record<string, string>) => [step, status])).toEqual([
      ['sql', 'COMPLETED'],
      ['load_data', 'COMPLETED'],
      ['hold', 'ABANDONED'],
    ]);
    const { runs } = (await http.get('/v1/pipelines/workflows?status=TIMED_OUT')).body;
    expect(runs).toMatchObject([{ workflowId: 'outlived', status: 'TIMED_OUT' }]);
    expect((await eventsOf('outlived')).at(-1)).toMatchObject({ type: 'PIPELINE_TIMED_OUT', data: { status: 'TIMED_OUT', undo: 'UNCOMPENSATED' } });
    const sums = sumsOf(await metrics());
    expect(sums['temporal_workflow_failed{pipeline="chain",status="TIMED_OUT",tenant="default"}']).toBe(1);
  }, 120_000);
});
