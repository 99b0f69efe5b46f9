import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { AnyPipeline } from '../../sdk/authoring/pipeline.js';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { openWorkshop, until, type Workshop } from '../../sdk/node/fixtures/workshop.fixture.js';
import { readHistory } from '../../sdk/node/status/read-run.js';
import { requireSearchAttributes } from '../host/search-attributes.js';
import { migrate, type Registry } from '../registry/index.js';
import { type RegistryPlace, registryPlace } from '../registry/registry.fixture.js';
import { historySums, recordSums, type Sums } from '../telemetry/history-sums.fixture.js';
import { audit, eventSchema, type Projector, readOutbox, startProjector } from './index.js';
import { recordOf } from './record.fixture.js';
import { noteRun } from './scan.js';

const kinds = inject('postgresUrl') === undefined ? (['embedded'] as const) : (['embedded', 'postgres'] as const);

interface Recording {
  place: RegistryPlace;
  registry: Registry;
  projector: Projector;
  temporal: Temporal;
  reports: string[];
}

let workshop: Workshop;
const recordings: Recording[] = [];

beforeAll(async () => {
  const { address, namespace } = inject('temporal');
  const connection = await NativeConnection.connect({ address });
  await requireSearchAttributes(connection, namespace);
  await connection.close();
  workshop = await openWorkshop({ address, namespace });
  await workshop.startWorker();
});

afterAll(async () => {
  for (const recording of recordings) await end(recording);
  await workshop.close();
});

/** @param rhythm how soon a projector finds by itself what nobody nudged for */
async function begin(kind: Registry['kind'], place?: RegistryPlace, rhythm = { scanEvery: 2_000, patience: 2 }): Promise<Recording> {
  const where = place ?? (await registryPlace(kind, inject('postgresUrl')));
  if (where === undefined) throw new Error(`There is no ${kind}.`);
  const temporal = await connectTemporal({ ...inject('temporal'), taskQueue: workshop.taskQueue });
  const registry = await where.open();
  const reports: string[] = [];
  const projector = startProjector({ temporal, registry, ...rhythm, report: (it) => reports.push(it) });
  return { place: where, registry, temporal, projector, reports };
}

async function end({ place, registry, projector, temporal }: Recording): Promise<void> {
  await projector.stop();
  await registry.close();
  await temporal.close();
  await place.remove();
}

const everything = () => `TaskQueue = '${workshop.taskQueue}'`;
const pipelineOf = (id: string) => workshop.catalogue.pipelines.get(id)?.pipeline as AnyPipeline;
const start = (id: string, input: unknown, options = {}) => workshop.client.start(pipelineOf(id), input, options);
const statusOf = (workflowId: string) => workshop.client.run(workflowId).status();
const waiting = (workflowId: string) =>
  until(
    () => statusOf(workflowId),
    ({ status }) => status === 'WAITING_FOR_APPROVAL',
  );
const over = (workflowId: string) =>
  until(
    () => statusOf(workflowId),
    ({ endedAt }) => endedAt !== undefined,
    40_000,
  );

/** Runs of every fate, some with a decision on the way. */
const fates: (() => Promise<string>)[] = [
  async () => (await start('shop', { orders: ['a', 'b', 'c'] }, { tenant: 'north' })).workflowId,
  async () => (await start('shop', { orders: ['a'], fail: 2 })).workflowId,
  async () => (await start('shop', { orders: ['a', 'b'], packFails: true, undo: 1 })).workflowId,
  async () => (await start('shop', {})).workflowId,
  async () => (await start('shop', { stampFails: 9 })).workflowId,
  async () => (await start('shop', { orders: ['a'], end: 'ROLLED_BACK', undo: 1 })).workflowId,
  async () => (await start('mall', {})).workflowId,
  async () => (await start('rounds', { left: 2, fail: 1 })).workflowId,
  async () => (await start('hasty', { ms: 20_000 })).workflowId,
  async () => decide('approve'),
  async () => decide('decline'),
  async () => (await start('shop', { ask: true, within: 700 })).workflowId,
  async () => {
    const { workflowId } = await start('shop', { orders: ['a', 'b'], ask: true, undo: 1 });
    await waiting(workflowId);
    await workshop.client.run(workflowId).cancel();
    return workflowId;
  },
  async () => {
    const { workflowId } = await start('shop', { orders: ['a'], ask: true });
    await waiting(workflowId);
    await workshop.temporal.workflow.getHandle(workflowId).terminate('by a test');
    return workflowId;
  },
  async () => {
    const { workflowId } = await start('shop', { orders: ['a'], ask: true });
    await waiting(workflowId);
    await workshop.temporal.workflow.getHandle(workflowId).signal('approve', { answer: { reason: 'by signal' } });
    return workflowId;
  },
  async () => (await pay('ann', 'bob')).workflowId,
];

/** Approvals of finance, one after another. */
async function pay(...people: string[]) {
  const run = await start('payout', {}, { startedBy: 'cyd' });
  await waiting(run.workflowId);
  for (const by of people) await run.approve('sign_off', { reason: 'due' }, { by, roles: ['finance'] });
  return run;
}

async function decide(decision: 'approve' | 'decline'): Promise<string> {
  const { workflowId } = await start('shop', { orders: ['a'], ask: true, undo: 1 });
  await waiting(workflowId);
  const run = workshop.client.run(workflowId);
  if (decision === 'approve') await run.approve('release', { reason: 'fine' }, { by: 'ada' });
  else await run.decline('release', { by: 'bob', comment: 'no' });
  return workflowId;
}

async function caughtUp({ registry, projector }: Recording, count: number): Promise<void> {
  await until(
    async () => {
      await projector.scan();
      return registry.database.selectFrom('projection').select('workflow_id').where('ended', '=', true).execute();
    },
    (rows) => rows.length >= count,
    60_000,
  );
}

/** Sums of durations are compared to the millisecond. */
async function expectSums({ database }: Registry, wanted: Sums): Promise<void> {
  const found = await recordSums(database);
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [series, value] of Object.entries(wanted)) expect(found[series], series).toBeCloseTo(value, 3);
}

const totals = async (registry: Registry) => (await recordOf(registry)).metric_total;

describe('30 runs of every fate', () => {
  const all: string[] = [];
  let runs = 0;

  beforeAll(async () => {
    // Half of them are begun while there is no registry.
    const before = fates.map((fate) => fate());
    all.push(...(await Promise.all(before)));
    for (const kind of kinds) recordings.push(await begin(kind));
    all.push(...(await Promise.all(fates.map((fate) => fate()))));
    await Promise.all(all.map(over));
    // Two of them began a child.
    runs = all.length + 2;
    for (const recording of recordings) await caughtUp(recording, runs);
  }, 180_000);

  test('are recorded as their histories tell them, on every database', async () => {
    for (const { temporal, registry, reports } of recordings) {
      expect(await audit(temporal, registry.database, everything())).toEqual([]);
      expect(reports).toEqual([]);
      const states = await registry.database.selectFrom('pipeline_execution').select('status').distinct().execute();
      expect(states.map(({ status }) => status).sort()).toEqual(['CANCELLED', 'FAILED', 'ROLLED_BACK', 'SUCCEEDED', 'TERMINATED', 'TIMED_OUT']);
    }
  });

  test('give events that fit their published schemas', async () => {
    for (const { registry } of recordings) {
      const events = await readOutbox(registry.database, 0, 10_000);
      for (const { event } of events) eventSchema(event.type).parse(event);
      const seen = new Set(events.map(({ event }) => event.type));
      expect([...seen].sort()).toEqual(
        [
          'APPROVED',
          'CANCELLED',
          'DECLINED',
          'FAILED',
          'ROLLED_BACK',
          'STARTED',
          'STEP_COMPLETED',
          'STEP_FAILED',
          'STEP_SKIPPED',
          'SUCCEEDED',
          'TERMINATED',
          'TIMED_OUT',
          'WAITING_FOR_APPROVAL',
        ].map((it) => `PIPELINE_${it}`),
      );
      expect(events.find(({ event }) => event.tenant === 'north')?.event).toMatchObject({
        specversion: '1.0',
        pipeline: 'shop',
        pipelineversion: expect.stringMatching(/^[0-9a-f]{12}$/),
        sequence: expect.any(String),
        data: { trigger: 'client' },
      });
    }
  });

  test('add up to metrics that are the sums of their histories', async () => {
    for (const { temporal, registry } of recordings) await expectSums(registry, await historySums(temporal, everything()));
  });

  test('add up to the same metrics where they were recorded before there were metrics', async () => {
    for (const { registry } of recordings) {
      const counted = await totals(registry);
      await sql`drop table metric_total`.execute(registry.database);
      await registry.database.deleteFrom('schema_migration').where('name', '=', 'metric totals').execute();
      await migrate(registry.database);
      expect(await totals(registry)).toEqual(counted);
    }
  });

  test('know their parents', async () => {
    for (const { registry } of recordings) {
      const { rows } = await sql<{
        trigger: string;
      }>`select child.trigger from pipeline_execution_closure join pipeline_execution child on child.id = child_execution_id where depth = 1`.execute(
        registry.database,
      );
      expect(rows).toEqual([{ trigger: 'parent' }, { trigger: 'parent' }]);
    }
  });

  test('are the same on both databases, and again when the registry was dropped', async () => {
    const records = await Promise.all(recordings.map(({ registry }) => recordOf(registry)));
    for (const record of records) expect(record).toEqual(records[0]);
    const again = await begin(kinds.at(-1) ?? 'embedded');
    try {
      await caughtUp(again, runs);
      expect(await recordOf(again.registry)).toEqual(records[0]);
    } finally {
      await end(again);
    }
  });
});

test('what is written long after its nudge, as by a Temporal that is very busy, is recorded without the scan', async () => {
  const recording = await begin('embedded', undefined, { scanEvery: 60_000, patience: 60 });
  const { registry, projector } = recording;
  const calls = () => registry.database.selectFrom('step_call').select(['step', 'status']).execute();
  const picked = (status: string) => until(calls, (rows) => rows.some((row) => row.step === 'pick' && row.status === status));
  try {
    const { workflowId, runId } = await start('shop', { orders: ['a'], ms: 3_000 });
    projector.nudge(workflowId, runId);
    await picked('SCHEDULED');
    projector.nudge(workflowId, runId);
    await picked('COMPLETED');
  } finally {
    await end(recording);
  }
});

test('of several people who must approve, each is recorded as soon as they have', async () => {
  const { registry, projector } = recordings.at(-1) as Recording;
  const { workflowId, runId } = await pay('ann');
  const row = () =>
    registry.database
      .selectFrom('approval')
      .innerJoin('pipeline_execution as run', 'run.id', 'approval.pipeline_execution_id')
      .selectAll('approval')
      .select('run.started_by')
      .where('run.workflow_id', '=', workflowId)
      .executeTakeFirst();
  projector.nudge(workflowId, runId);
  const ann = { by: 'ann', answer: { reason: 'due' }, missing: 1 };
  const asked = await until(row, (it) => (it?.votes as unknown[] | undefined)?.length === 1);
  expect(asked).toMatchObject({ required: 2, roles: ['finance'], not_starter: true, started_by: 'cyd', decision: null, decided_by: null, votes: [ann] });
  await workshop.client.run(workflowId).approve('sign_off', { reason: 'due' }, { by: 'bob', roles: ['finance'] });
  projector.nudge(workflowId, runId);
  expect(await until(row, (it) => it?.decision === 'approve')).toMatchObject({ decided_by: 'bob', votes: [ann] });
});

test('a run that is reset goes on in its sequence, and what the reset copied is not told again', async () => {
  const recording = recordings.at(-1) as Recording;
  const { registry, temporal, projector } = recording;
  const rows = (workflowId: string) => registry.database.selectFrom('outbox').selectAll().where('workflow_id', '=', workflowId).orderBy('sequence').execute();
  const { workflowId, runId } = await start('shop', { orders: ['a'], packFails: true });
  projector.nudge(workflowId, runId);
  await over(workflowId);
  await until(
    () => rows(workflowId),
    (it) => it.at(-1)?.kind === 'PIPELINE_FAILED',
  );
  const before = await rows(workflowId);
  const events = await readHistory(temporal, workflowId, runId);
  const task = events.filter((it) => it.workflowTaskCompletedEventAttributes != null).at(-2);
  const { namespace } = temporal;
  await temporal.ask(({ workflowService }) =>
    workflowService.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: task?.eventId,
      reason: 'again',
      requestId: workflowId,
    }),
  );
  await until(
    () => rows(workflowId),
    (it) => it.length > before.length && it.at(-1)?.kind === 'PIPELINE_FAILED',
  );
  const after = await rows(workflowId);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.map(({ sequence }) => sequence)).toEqual(after.map((_, index) => index + 1));
  // The fast step belongs to the task that is repeated: it is done again.
  expect(after.slice(before.length).map(({ kind }) => kind)).toEqual(['PIPELINE_STEP_COMPLETED', 'PIPELINE_STEP_FAILED', 'PIPELINE_FAILED']);
  expect(await audit(temporal, registry.database, `WorkflowId = '${workflowId}'`)).toEqual([]);
});

test('a reset of a run that continued as new counts what was before it, and not what it repeats', async () => {
  const { registry, temporal, projector } = recordings.at(-1) as Recording;
  const row = (workflowId: string) => () =>
    registry.database
      .selectFrom('pipeline_execution')
      .select(['current_execution_id', 'retries', 'total_rows', 'status'])
      .where('workflow_id', '=', workflowId)
      .executeTakeFirst();
  const { workflowId, runId } = await start('rounds', { left: 1, fail: 2 });
  projector.nudge(workflowId, runId);
  const before = await until(row(workflowId), (it) => it?.status === 'SUCCEEDED');
  expect(before).toMatchObject({ retries: 2, total_rows: 6 });
  const executionId = before?.current_execution_id ?? '';
  const task = (await readHistory(temporal, workflowId, executionId)).find((it) => it.workflowTaskCompletedEventAttributes != null);
  const { namespace } = temporal;
  await temporal.ask(({ workflowService }) =>
    workflowService.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId, runId: executionId },
      workflowTaskFinishEventId: task?.eventId,
      reason: 'again',
      requestId: workflowId,
    }),
  );
  const after = await until(row(workflowId), (it) => it?.status === 'SUCCEEDED' && it.current_execution_id !== executionId);
  expect(after).toMatchObject({ retries: 2, total_rows: 6 });
  expect((await statusOf(workflowId)).retries).toBe(2);
  expect(await audit(temporal, registry.database, `WorkflowId = '${workflowId}'`)).toEqual([]);
});

test('a reset of an open run is no end of it', async () => {
  const { registry, temporal, projector } = recordings.at(-1) as Recording;
  const kindsOf = async (workflowId: string) =>
    (await registry.database.selectFrom('outbox').select('kind').where('workflow_id', '=', workflowId).orderBy('sequence').execute()).map(({ kind }) =>
      kind.slice(9),
    );
  const { workflowId, runId } = await start('shop', { orders: ['a'], ask: true });
  projector.nudge(workflowId, runId);
  await waiting(workflowId);
  await until(
    () => kindsOf(workflowId),
    (it) => it.includes('WAITING_FOR_APPROVAL'),
  );
  const task = (await readHistory(temporal, workflowId, runId)).find((it) => it.workflowTaskCompletedEventAttributes != null);
  const { namespace } = temporal;
  await temporal.ask(({ workflowService }) =>
    workflowService.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: task?.eventId,
      reason: 'again',
      requestId: workflowId,
    }),
  );
  await until(
    () => kindsOf(workflowId),
    (it) => it.filter((kind) => kind === 'WAITING_FOR_APPROVAL').length === 2,
  );
  await workshop.client.run(workflowId).approve('release', { reason: 'fine' });
  await until(
    () => kindsOf(workflowId),
    (it) => it.includes('SUCCEEDED'),
  );
  expect((await kindsOf(workflowId)).filter((kind) => /TERMINATED|STARTED/.test(kind))).toEqual(['STARTED']);
  expect(await audit(temporal, registry.database, `WorkflowId = '${workflowId}'`)).toEqual([]);
});

test('the auditor finds an event that is there and does not say what the history says', async () => {
  const { registry, temporal, projector } = recordings.at(-1) as Recording;
  const { workflowId, runId } = await start('shop', { orders: ['a'], packFails: true });
  projector.nudge(workflowId, runId);
  const ofRun = (kind: string) => (it: { kind: string; workflow_id: string }) => it.workflow_id === workflowId && it.kind === kind;
  await until(
    () => registry.database.selectFrom('outbox').select(['kind', 'workflow_id']).execute(),
    (rows) => rows.some(ofRun('PIPELINE_FAILED')),
  );
  const changes: [kind: string, path: string, value: unknown][] = [
    ['PIPELINE_STEP_COMPLETED', '{data,attempt}', 2],
    ['PIPELINE_STEP_COMPLETED', '{rows}', 4],
    ['PIPELINE_STEP_COMPLETED', '{time}', '2001-01-01T00:00:00.000Z'],
    ['PIPELINE_STEP_FAILED', '{data,error,type}', 'AnotherError'],
    ['PIPELINE_STEP_FAILED', '{data,step}', 'pick'],
    ['PIPELINE_FAILED', '{time}', '2001-01-01T00:00:00.000Z'],
    ['PIPELINE_FAILED', '{data,error,code}', 'another'],
    ['PIPELINE_FAILED', '{data,undo}', 'DONE'],
  ];
  for (const [kind, path, value] of changes) {
    const found = await withRollback(registry, async (database) => {
      await sql`update outbox set payload = jsonb_set(payload, ${path}::text[], ${JSON.stringify(value)}::jsonb) where workflow_id = ${workflowId} and kind = ${kind}`.execute(
        database,
      );
      return audit(temporal, database, `WorkflowId = '${workflowId}'`);
    });
    expect(
      found.map(({ what }) => what),
      `${kind} ${path}`,
    ).toEqual(['contents of events']);
  }
  expect(await audit(temporal, registry.database, `WorkflowId = '${workflowId}'`)).toEqual([]);
});

async function withRollback<Result>({ database }: Registry, work: (database: Registry['database']) => Promise<Result>): Promise<Result> {
  const transaction = await database.startTransaction().execute();
  try {
    return await work(transaction);
  } finally {
    await transaction.rollback().execute();
  }
}

test('a run whose history Temporal keeps no longer is said once, and is no run that is behind', async () => {
  const { registry, reports } = recordings.at(-1) as Recording;
  const workflowId = `gone-${randomUUID()}`;
  await noteRun(registry.database, { workflowId, runId: randomUUID() });
  const place = () => registry.database.selectFrom('projection').selectAll().where('workflow_id', '=', workflowId).executeTakeFirstOrThrow();
  const first = await until(place, ({ problem }) => problem !== null);
  expect(first).toMatchObject({ behind: false, problem: expect.stringContaining(workflowId) });
  await until(place, ({ projected_at }) => projected_at > first.projected_at);
  expect(reports.filter((it) => it.includes(workflowId))).toEqual([expect.stringContaining('stays as it is')]);
});

test('runs that cannot be read do not keep the others from being found', async () => {
  const recording = await begin('embedded');
  onTestFinished(() => end(recording));
  const { registry, reports } = recording;
  // Temporal refuses such an id: as a key that is gone, that is no end of it.
  const broken = Array.from({ length: 130 }, (_, at) => ({ workflow_id: `broken-${at}`, run_id: 'none', execution_id: 'none' }));
  await registry.database.insertInto('projection').values(broken).execute();
  await until(
    async () => new Set(reports.filter((it) => it.includes('broken-'))).size,
    (it) => it >= broken.length,
  );
  const { workflowId } = await start('shop', { orders: ['a'] });
  await until(
    () => registry.database.selectFrom('pipeline_execution').select('id').where('workflow_id', '=', workflowId).executeTakeFirst(),
    (it) => it !== undefined,
  );
});

test.skipIf(inject('postgresUrl') === undefined)(
  'a projector that is killed again and again loses and doubles nothing',
  async () => {
    const place = (await registryPlace('postgres', inject('postgresUrl'))) as RegistryPlace;
    const registry = await place.open();
    const temporal = await connectTemporal({ ...inject('temporal'), taskQueue: workshop.taskQueue });
    const { address, namespace } = inject('temporal');
    const run = (): ChildProcess => {
      const parameters = [address, namespace, workshop.taskQueue, place.settings.url ?? ''];
      const projector = fork(join(import.meta.dirname, 'projecting.fixture.ts'), parameters, { execArgv: ['--import', 'tsx'] });
      onTestFinished(() => void projector.kill('SIGKILL'));
      return projector;
    };
    const started = await Promise.all(Array.from({ length: 6 }, (_, index) => start('shop', { orders: ['a', 'b', 'c', 'd'], ms: 500 * index })));
    const written = () => registry.database.selectFrom('outbox').select('id').execute();
    for (const wanted of [1, 0]) {
      const projector = run();
      await once(projector, 'message');
      // The first one dies right after its first words, the second whatever it does.
      await until(written, (rows) => rows.length >= wanted);
      await wait(wanted === 1 ? 0 : 400);
      projector.kill('SIGKILL');
      await once(projector, 'exit');
      if (wanted === 1) expect((await written()).filter(({ id }) => id.endsWith('PIPELINE_SUCCEEDED')).length).toBeLessThan(started.length);
    }
    await Promise.all(started.map(({ workflowId }) => over(workflowId)));
    const last = run();
    const recorded = () =>
      registry.database
        .selectFrom('projection')
        .select('workflow_id')
        .where('ended', '=', true)
        .where(
          'workflow_id',
          'in',
          started.map(({ workflowId }) => workflowId),
        )
        .execute();
    await until(recorded, (rows) => rows.length === started.length, 60_000);
    for (const { workflowId } of started) expect(await audit(temporal, registry.database, `WorkflowId = '${workflowId}'`)).toEqual([]);
    await until(
      () => registry.database.selectFrom('projection').select('workflow_id').where('behind', '=', true).execute(),
      (rows) => rows.length === 0,
    );
    await expectSums(registry, await historySums(temporal, everything()));
    last.kill('SIGKILL');
    await once(last, 'exit');
    await registry.close();
    await temporal.close();
    await place.remove();
  },
  150_000,
);
