import { type Kysely, sql, type Transaction } from 'kysely';
import { advisory, takeAdvisory } from '../registry/advisory.js';
import { attachToParent, enterClosure } from '../registry/closure.js';
import type { Database, ProjectionRow } from '../registry/database.js';
import { pipelineId } from '../registry/record-pipelines.js';
import { requiredJson } from '../registry/safe-json.js';
import type { Sealing } from '../registry/sealing.js';
import { givenBack } from './claim.js';
import { envelop, idsOf } from './envelope.js';
import type { ExecutionFold, Logged, News } from './execution-fold.js';
import { withoutTexts } from './left-out.js';
import { noteExecution } from './next-execution.js';
import { approvalRow, callRow, newRun, runChange, runEnd, skipRow } from './rows.js';
import { addTotals, totalsOf } from './totals.js';

/** Another projector wrote meanwhile: what was gathered here is its past. */
export class Superseded extends Error {}

/** Where the next part of a run's projection begins. */
export type Place = Pick<ProjectionRow, 'workflow_id' | 'run_id' | 'execution_id' | 'ordinal' | 'last_event' | 'sequence' | 'log_sequence' | 'ended' | 'noted'>;

interface Part {
  namespace: string;
  sealing: Sealing;
  place: Place;
  fold: ExecutionFold;
  news: News;
  /** The execution that goes on. */
  next: string | undefined;
}

/**
 * Writes run, calls, approvals, logs, events and the place reached in one transaction.
 *
 * @returns the place reached
 * @throws Superseded when the place is no longer the one that the part begins at
 */
export async function commitPart(database: Kysely<Database>, part: Part): Promise<Place> {
  return database.transaction().execute(async (transaction) => {
    const reached = await movePlace(transaction, part);
    const run = await writeRun(transaction, part);
    await writeCalls(transaction, part, run);
    await writeApprovals(transaction, part, run);
    await writeLogs(transaction, part, run);
    await moveWatermark(transaction, part);
    await publish(transaction, part);
    return reached;
  });
}

/**
 * Moves the run's place to where the part ends, and holds it: who else began at it waits, and finds it moved. With the last part
 * the run is given back.
 */
async function movePlace(transaction: Transaction<Database>, { place, fold, news, next }: Part): Promise<Place> {
  const { workflow_id, run_id, execution_id, last_event, sequence, noted } = place;
  const reached = {
    execution_id: next ?? execution_id,
    ordinal: next === undefined ? place.ordinal : place.ordinal + 1,
    last_event: next === undefined ? fold.position : 0,
    sequence: sequence + news.happenings.length,
    log_sequence: place.log_sequence + news.logs.length,
    ended: next === undefined && fold.ending !== undefined,
  };
  const moved = await transaction
    .updateTable('projection')
    .set({ ...reached, ...(next === undefined ? givenBack(noted) : { projected_at: sql<Date>`now()` }) })
    .where((it) => it.and({ workflow_id, run_id, execution_id, last_event, sequence }))
    .returning('run_id')
    .executeTakeFirst();
  if (moved === undefined) throw new Superseded();
  return { workflow_id, run_id, noted, ...reached };
}

async function writeRun(transaction: Transaction<Database>, { place, fold, sealing }: Part): Promise<number> {
  const { workflow_id, run_id, execution_id } = place;
  if (place.last_event === 0) {
    // Before any row: parent and child, written at one moment, would else miss or wait for each other.
    await takeAdvisory(transaction, advisory.closure);
    await noteExecution(transaction, place);
  }
  const known = await transaction
    .updateTable('pipeline_execution')
    .set(runChange(fold, sealing))
    .where('workflow_id', '=', workflow_id)
    .where('run_id', '=', run_id)
    .returning('id')
    .executeTakeFirst();
  const id = known?.id ?? (await enterRun(transaction, place, fold, sealing));
  // Children may have been recorded before the execution that started them.
  if (place.last_event === 0) await adoptChildren(transaction, id, execution_id);
  return id;
}

async function enterRun(transaction: Transaction<Database>, { workflow_id, run_id }: Place, fold: ExecutionFold, sealing: Sealing): Promise<number> {
  const pipeline = await pipelineId(transaction, fold.facts?.pipeline ?? '');
  const { id } = await transaction
    .insertInto('pipeline_execution')
    .values(newRun(fold, pipeline, workflow_id, run_id, sealing))
    .returning('id')
    .executeTakeFirstOrThrow();
  await enterClosure(transaction, id);
  const parent = fold.facts?.parent;
  if (parent !== undefined) await findParent(transaction, id, parent.executionId);
  return id;
}

async function findParent(transaction: Transaction<Database>, child: number, execution: string): Promise<void> {
  const parent = await transaction
    .selectFrom('projection_execution as execution')
    .innerJoin('pipeline_execution as run', (join) => join.onRef('run.workflow_id', '=', 'execution.workflow_id').onRef('run.run_id', '=', 'execution.run_id'))
    .select('run.id')
    .where('execution.execution_id', '=', execution)
    .executeTakeFirst();
  if (parent !== undefined) await attachToParent(transaction, child, parent.id);
}

async function adoptChildren(transaction: Transaction<Database>, parent: number, execution: string): Promise<void> {
  const orphans = await transaction
    .selectFrom('pipeline_execution')
    .select('id')
    .where('parent_execution_id', '=', execution)
    .where('parent_id', 'is', null)
    .execute();
  for (const { id } of orphans) await attachToParent(transaction, id, parent);
}

async function writeCalls(transaction: Transaction<Database>, { place, fold, news, sealing }: Part, run: number): Promise<void> {
  const id = { pipeline_execution_id: run, execution_id: place.execution_id };
  const skips = news.happenings.filter(({ kind }) => kind === 'PIPELINE_STEP_SKIPPED').map((skip) => skipRow(skip, id, sealing));
  const rows = [...fold.changedCalls().map(({ call }) => callRow(call, run, place.execution_id, sealing)), ...skips];
  for (const some of chunks(rows)) {
    const changed = [
      'status',
      'attempts',
      'rows',
      'bytes',
      'cost',
      'engine',
      'engine_id',
      'engine_link',
      'started_at',
      'ended_at',
      'duration_ms',
      'error',
    ] as const;
    await transaction
      .insertInto('step_call')
      .values(some)
      .onConflict((it) =>
        it
          .columns(['pipeline_execution_id', 'execution_id', 'call_id'])
          .doUpdateSet((excluded) => Object.fromEntries(changed.map((name) => [name, excluded.ref(`excluded.${name}`)]))),
      )
      .execute();
  }
}

async function writeApprovals(transaction: Transaction<Database>, { place, fold, sealing }: Part, run: number): Promise<void> {
  const id = { pipeline_execution_id: run, execution_id: place.execution_id };
  for (const { wait, approved, outcome } of fold.changedApprovals()) {
    const row = approvalRow({ wait, approved, outcome }, id, sealing);
    await transaction
      .insertInto('approval')
      .values(row)
      .onConflict((it) => it.columns(['pipeline_execution_id', 'execution_id', 'wait_id']).doUpdateSet(row))
      .execute();
  }
}

async function writeLogs(transaction: Transaction<Database>, { place, news, sealing }: Part, run: number): Promise<void> {
  const row = ({ event, message, records, at }: Logged, index: number) => ({
    pipeline_execution_id: run,
    execution_id: place.execution_id,
    history_event: event,
    sequence: place.log_sequence + index + 1,
    message: sealing.text(message) ?? '',
    records: Number.isSafeInteger(records) ? records : null,
    at,
  });
  for (const some of chunks(news.logs.map(row))) await transaction.insertInto('run_log').values(some).execute();
}

/** A successful end moves the pipeline's watermark; an older run that is projected later does not move it back. */
async function moveWatermark(transaction: Transaction<Database>, { fold, sealing }: Part): Promise<void> {
  const { watermark, end_date, completed_successfully } = runEnd(fold);
  if (completed_successfully !== true || watermark === null || end_date === null) return;
  await transaction
    .updateTable('pipeline')
    .set({ watermark: sealing.text(watermark), watermark_at: end_date })
    .where('name', '=', fold.facts?.pipeline ?? '')
    .where((it) => it.or([it('watermark_at', 'is', null), it('watermark_at', '<=', end_date)]))
    .execute();
}

/** What is written under the outbox's lock, and therefore last. */
async function publish(transaction: Transaction<Database>, part: Part): Promise<void> {
  const totals = totalsOf(part.fold, part.news);
  if (part.news.happenings.length + totals.length === 0) return;
  // Positions follow the order of commits: until this one ends, no other takes any.
  await takeAdvisory(transaction, advisory.outbox);
  await writeEvents(transaction, part);
  await addTotals(transaction, totals);
}

async function writeEvents(transaction: Transaction<Database>, { namespace, place, fold, news, sealing }: Part): Promise<void> {
  const { facts } = fold;
  if (facts === undefined) return;
  const { workflow_id: workflowId, run_id: runId, execution_id: executionId } = place;
  const run = { namespace, workflowId, runId, executionId };
  const ids = idsOf(run, news.happenings);
  const rows = news.happenings.map((happening, index) => {
    const sequence = place.sequence + index + 1;
    const payload = envelop(run, facts, sealing.encrypts ? withoutTexts(happening) : happening, ids[index] ?? '', sequence);
    return { id: payload.id, workflow_id: workflowId, run_id: runId, tenant: facts.tenant, sequence, kind: happening.kind, payload: requiredJson(payload) };
  });
  for (const some of chunks(rows))
    await transaction
      .insertInto('outbox')
      .values(some)
      .onConflict((it) => it.column('id').doNothing())
      .execute();
}

/** A statement has 65,535 parameters at most. */
function chunks<Row>(rows: readonly Row[], size = 500): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) => rows.slice(index * size, (index + 1) * size));
}
