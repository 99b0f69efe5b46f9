import { afterEach, expect, inject, test } from 'vitest';
import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { openWorkshop, until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { readRetention, setRetention } from '../registry/index.js';
import { embeddedPlace, type RegistryPlace, registryPlace } from '../registry/registry.fixture.js';
import { RunRecord, startProjector } from './index.js';
import { giveLease, takeLease } from './lease.js';
import { pruneAlone } from './pruning.js';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function connectHere(taskQueue = 'run-record'): Promise<Temporal> {
  const temporal = await connectTemporal({ ...inject('temporal'), taskQueue });
  undo.push(() => temporal.close());
  return temporal;
}

test('what keeps the registry from being opened is told once and answered, and it opens when it can', async () => {
  const place = embeddedPlace();
  undo.push(() => place.remove());
  const holder = await place.open();
  const told: string[] = [];
  const record = new RunRecord({ temporal: await connectHere(), registry: place.settings, pipelines: [], report: (it) => told.push(it) }).begin();
  undo.push(() => record.close());
  await expect(record.registry()).rejects.toMatchObject({ code: 'state_in_use', message: expect.stringContaining(`${process.pid}`) });
  record.nudge('nobody-minds');
  expect(record.current).toBeUndefined();
  await holder.close();
  await until(
    async () => record.current !== undefined,
    (open) => open,
  );
  await (await record.registry()).ready();
  expect(record.database).toBe((await record.registry()).database);
  expect(told).toHaveLength(1);
});

test('a registry that may wait is opened by whoever asks for it, and a record that is closed meanwhile says nothing', async () => {
  const place = embeddedPlace();
  undo.push(() => place.remove());
  const told: string[] = [];
  const settings = { temporal: await connectHere(), registry: place.settings, pipelines: [], report: (it: string) => told.push(it) };
  const never = 3_600_000;
  await new RunRecord(settings).begin(never).close();
  const record = new RunRecord(settings).begin(never);
  undo.push(() => record.close());
  expect(record.current).toBeUndefined();
  await (await record.registry()).ready();
  expect(told).toEqual([]);
});

test('what was never begun, or is closed, says so', async () => {
  const record = new RunRecord({ temporal: await connectHere(), registry: { url: '', folder: 'unused' }, pipelines: [] });
  await expect(record.registry()).rejects.toMatchObject({ code: 'registry_unreachable' });
  await record.close();
  record.nudge('nobody-minds');
});

/** A record that comes and goes over one registry, and the runs that it is of. */
async function openRuns() {
  const workshop = await openWorkshop(inject('temporal'));
  undo.push(() => workshop.close());
  await workshop.startWorker();
  const postgres = inject('postgresUrl');
  const place = (await registryPlace(postgres === undefined ? 'embedded' : 'postgres', postgres)) as RegistryPlace;
  undo.push(() => place.remove());
  const temporal = await connectHere(workshop.taskQueue);
  const begin = (settings: object) => new RunRecord({ temporal, registry: place.settings, pipelines: [], ...settings }).begin();
  const start = async (input: object) => (await workshop.client.start(workshop.catalogue.pipelines.get('shop')?.pipeline as AnyPipeline, input)).workflowId;
  return { temporal, begin, start };
}

async function recorded(record: RunRecord): Promise<Map<string | null, Date | null>> {
  const { database } = await record.registry();
  const rows = await database.selectFrom('pipeline_execution').select(['workflow_id', 'end_date']).execute();
  return new Map(rows.map((row) => [row.workflow_id, row.end_date]));
}

test('what is kept too long is removed soon after the opening, but for open runs, and is not projected again', { timeout: 120_000 }, async () => {
  const { temporal, begin, start } = await openRuns();
  const [old, open] = [await start({}), await start({ ask: true })];
  const before = begin({});
  await until(
    () => recorded(before),
    (runs) => runs.has(open) && runs.get(old) instanceof Date,
  );
  const { database } = await before.registry();
  const longAgo = new Date('2020-01-01');
  await database.updateTable('pipeline_execution').set({ start_date: longAgo }).execute();
  await database.updateTable('pipeline_execution').set({ end_date: longAgo }).where('workflow_id', '=', old).execute();
  await before.close();

  const record = begin({ pruneAfter: 0, retention: { runs: 400 } });
  undo.push(() => record.close());
  await until(
    () => recorded(record),
    (runs) => !runs.has(old),
  );
  const later = await start({});
  await until(
    () => recorded(record),
    (runs) => runs.has(later),
  );
  const registry = await record.registry();
  await registry.database.deleteFrom('projection_scan').execute();
  const projector = startProjector({ temporal, registry });
  undo.push(() => projector.stop());
  projector.nudge(old);
  await projector.scan();
  await projector.settled();
  expect([...(await recorded(record)).keys()].sort()).toEqual([later, open].sort());

  const places = async () => (await registry.database.selectFrom('projection').select('workflow_id').execute()).map((it) => it.workflow_id);
  await pruneAlone(temporal, registry);
  expect((await places()).sort()).toEqual([old, later, open].sort());
  await temporal.ask(({ workflowService }) =>
    workflowService.deleteWorkflowExecution({ namespace: temporal.namespace, workflowExecution: { workflowId: old } }),
  );
  await until(
    async () => {
      await pruneAlone(temporal, registry);
      return places();
    },
    (it) => !it.includes(old),
    // A dev server deletes 10 to 20 seconds after it is told to.
    60_000,
  );
  expect((await places()).sort()).toEqual([later, open].sort());
  expect(await registry.database.selectFrom('projection_execution').select('workflow_id').where('workflow_id', '=', old).execute()).toEqual([]);
});

test('the retention of the settings is the registry’s from the opening on, and what they leave out stays', async () => {
  const place = embeddedPlace();
  undo.push(() => place.remove());
  const given = await place.open();
  await setRetention(given.database, { runs: 30, logs: 7 });
  await given.close();
  const settings = { temporal: await connectHere(), registry: place.settings, pipelines: [] };
  const record = new RunRecord({ ...settings, retention: { runs: null, events: 10 } }).begin();
  undo.push(() => record.close());
  expect(await readRetention((await record.registry()).database)).toEqual({ runs: undefined, logs: 7, events: 10 });
});

test('one process at a time removes what is kept too long', async () => {
  const place = embeddedPlace();
  undo.push(() => place.remove());
  const registry = await place.open();
  undo.push(() => registry.close());
  await takeLease(registry.database, 'pruning', 'another', 60);
  const temporal = await connectHere();
  expect(await pruneAlone(temporal, registry)).toBe(false);
  await giveLease(registry.database, 'pruning', 'another');
  expect(await pruneAlone(temporal, registry)).toBe(true);
});
