import { NativeConnection, Worker } from '@temporalio/worker';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import { asActivity } from '../../sdk/node/as-activity.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { Connections } from '../../sdk/node/connections/connections.js';
import { openWorkshop, until, type Workshop } from '../../sdk/node/fixtures/workshop.fixture.js';
import { bundlePipelines } from '../host/bundle.js';
import { requireSearchAttributes } from '../host/search-attributes.js';
import type { Registry } from '../registry/index.js';
import { type RegistryPlace, registryPlace } from '../registry/registry.fixture.js';
import { audit, type Projector, recordingInterceptor, startProjector } from './index.js';

const postgres = inject('postgresUrl');
let workshop: Workshop;
let connection: NativeConnection;
let worker: Worker;
let working: Promise<void>;
let temporal: Temporal;
let place: RegistryPlace;
let registry: Registry;
let projector: Projector;
/** While nobody tells the projector anything. */
let isHeld = false;
const reports: string[] = [];

beforeAll(async () => {
  const { address, namespace } = inject('temporal');
  workshop = await openWorkshop({ address, namespace });
  connection = await NativeConnection.connect({ address });
  await requireSearchAttributes(connection, namespace);
  temporal = await connectTemporal({ address, namespace, taskQueue: workshop.taskQueue });
  place = (await registryPlace(postgres === undefined ? 'embedded' : 'postgres', postgres)) as RegistryPlace;
  registry = await place.open();
  // Nudges alone are to be seen: no scan comes by.
  projector = startProjector({ temporal, registry, scanEvery: 3_600_000, patience: 3_600, report: (it) => reports.push(it) });
  const told = {
    nudge: (...run: [string, string]) => (isHeld ? undefined : projector.nudge(...run)),
    meet: (...run: [string, string]) => (isHeld ? undefined : projector.meet(...run)),
  };
  const steps = [...workshop.catalogue.steps.values()].flatMap(({ implementation }) => (implementation === undefined ? [] : [implementation]));
  worker = await Worker.create({
    connection,
    namespace,
    taskQueue: workshop.taskQueue,
    workflowBundle: await bundlePipelines(workshop.catalogue),
    activities: Object.fromEntries(steps.map((it) => [it.step.id, asActivity(it, Connections.of({}))])),
    interceptors: { activity: [recordingInterceptor({ projector: told, database: registry.database })] },
  });
  working = worker.run();
});

afterAll(async () => {
  worker.shutdown();
  await working;
  await projector.stop();
  await registry.close();
  await place.remove();
  await temporal.close();
  await workshop.close();
  await connection.close();
});

const start = (input: object, options = {}) => workshop.client.start(workshop.catalogue.pipelines.get('shop')?.pipeline as AnyPipeline, input, options);
const eventsOf = (workflowId: string) => registry.database.selectFrom('outbox').selectAll().where('workflow_id', '=', workflowId).orderBy('position').execute();
const ended = (workflowId: string) =>
  until(
    () => eventsOf(workflowId),
    (rows) => rows.some(({ kind }) => kind === 'PIPELINE_SUCCEEDED'),
    40_000,
  );

test("a worker's nudges alone record a run as it goes, and its failed attempts live, outside the sequence", async () => {
  const { workflowId } = await start({ orders: ['a'], fail: 2 });
  const rows = await ended(workflowId);
  const live = rows.filter(({ kind }) => kind === 'PIPELINE_RETRYING');
  expect(live).toMatchObject([
    { sequence: null, payload: { data: { live: true, callId: 'pick#1', attempt: 1 } } },
    { sequence: null, payload: { data: { attempt: 2 } } },
  ]);
  expect(rows.filter(({ sequence }) => sequence !== null).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  expect(await audit(temporal, registry.database, `WorkflowId = '${workflowId}'`)).toEqual([]);
});

test('an attempt that fails before its run is recorded is told to its tenant alone', async () => {
  isHeld = true;
  onTestFinished(() => void (isHeld = false));
  const { workflowId, runId } = await start({ orders: ['a'], fail: 1 }, { tenant: 'acme' });
  const [row] = await until(
    () => eventsOf(workflowId),
    (rows) => rows.length > 0,
  );
  expect(row).toMatchObject({ kind: 'PIPELINE_RETRYING', tenant: 'acme', run_id: runId, payload: { tenant: 'acme', run: runId } });
  isHeld = false;
  projector.nudge(workflowId, runId);
  await ended(workflowId);
});

/** Counts the events of histories that Temporal answers. */
function countEvents() {
  const ask = temporal.ask.bind(temporal);
  let read = 0;
  temporal.ask = async (...question) => {
    const answer = await ask(...question);
    read += (answer as { history?: { events?: unknown[] } } | undefined)?.history?.events?.length ?? 0;
    return answer;
  };
  const stop = () => {
    temporal.ask = ask;
    return read;
  };
  return { stop };
}

test('the record follows within some seconds, and each event is read less than twice', async () => {
  const count = countEvents();
  const runs = await Promise.all(Array.from({ length: 10 }, () => start({ orders: ['a', 'b'], ms: 300, packMs: 1_500 })));
  const lags = (await Promise.all(runs.map(({ workflowId }) => ended(workflowId))))
    .flat()
    .map(({ created_at, payload }) => created_at.getTime() - Date.parse((payload as { time: string }).time));
  const middle = lags.sort((one, other) => one - other)[Math.floor(lags.length / 2)];
  console.log(`lag of the record: p50 ${middle} ms, longest ${lags.at(-1)} ms`);
  expect(middle).toBeLessThan(5_000);
  const lengths = await Promise.all(runs.map(async ({ workflowId }) => (await workshop.temporal.workflow.getHandle(workflowId).describe()).historyLength));
  const written = lengths.reduce((sum, it) => sum + it, 0);
  console.log(`${count.stop()} events read of ${written} written`);
  expect(count.stop()).toBeLessThan(2 * written);
});

test.skipIf(postgres === undefined)(
  'an outage of the registry stops no step, and is caught up with',
  async () => {
    reports.length = 0;
    const server = new pg.Client(postgres);
    await server.connect();
    const name = new URL(place.settings.url ?? '').pathname.slice(1);
    await server.query(`alter database ${name} allow_connections false`);
    await server.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    const { workflowId } = await start({ orders: ['a', 'b'] });
    const status = await until(
      () => workshop.client.run(workflowId).status(),
      ({ endedAt }) => endedAt !== undefined,
    );
    expect(status.status).toBe('SUCCEEDED');
    await until(
      async () => reports.length,
      (it) => it > 0,
    );
    await server.query(`alter database ${name} allow_connections true`);
    await server.end();
    await ended(workflowId);
    expect(await audit(temporal, registry.database, `WorkflowId = '${workflowId}'`)).toEqual([]);
  },
  90_000,
);
