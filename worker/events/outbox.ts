import { type Kysely, sql } from 'kysely';
import type { Database } from '../registry/database.js';
import { selectRelay } from '../registry/retention.js';
import { safeText } from '../registry/safe-json.js';
import type { PipelineEvent } from './kinds.js';

/** An event with its place in the outbox. */
export interface OutboxEvent {
  /** A reader that has seen this position has seen all before it. */
  position: number;
  workflowId: string;
  event: PipelineEvent;
}

export interface OutboxFilter {
  tenant?: string;
  workflowId?: string;
  runId?: string;
  pipeline?: string;
  /** Of these alone: those that whoever asks may see. */
  pipelines?: readonly string[];
  /** Of these kinds only. */
  kinds?: readonly string[];
  /** Of one run: those after this number of it, and what is live only. */
  afterSequence?: number;
}

/** Whether an event fits a filter: the same that the query asks. */
export function fitsFilter({ event, workflowId }: OutboxEvent, filter: OutboxFilter): boolean {
  const { tenant = event.tenant, pipeline = event.pipeline, pipelines = [event.pipeline], runId = event.run, kinds = [event.type], afterSequence = 0 } = filter;
  const ofRun = (filter.workflowId ?? workflowId) === workflowId && runId === event.run;
  const isNew = event.sequence === undefined || Number(event.sequence) > afterSequence;
  return isNew && ofRun && tenant === event.tenant && pipeline === event.pipeline && pipelines.includes(event.pipeline) && kinds.includes(event.type);
}

/** Reads events in the order in which they were committed, as a stream resumes from the last position that it has seen. */
export async function readOutbox(database: Kysely<Database>, after: number, limit: number, filter: OutboxFilter = {}): Promise<OutboxEvent[]> {
  return (await fitting(database, filter).where('position', '>', after).orderBy('position').limit(limit).execute()).map(outboxEvent);
}

/** Reads the latest events first. @param before a position */
export async function readLatest(database: Kysely<Database>, before: number | undefined, limit: number, filter: OutboxFilter = {}): Promise<OutboxEvent[]> {
  const older = fitting(database, filter).$if(before !== undefined, (it) => it.where('position', '<', before as number));
  return (await older.orderBy('position', 'desc').limit(limit).execute()).map(outboxEvent);
}

/** Where the outbox ends now. */
export async function lastPosition(database: Kysely<Database>): Promise<number> {
  const { last } = await database
    .selectFrom('outbox')
    .select((it) => it.fn.max('position').as('last'))
    .executeTakeFirstOrThrow();
  return last ?? 0;
}

/** A list of nothing is no SQL. */
function orNone(names: readonly string[] = []): readonly string[] {
  return names.length === 0 ? [''] : names;
}

function fitting(database: Kysely<Database>, { tenant, workflowId, runId, pipeline, pipelines, kinds, afterSequence }: OutboxFilter) {
  return database
    .selectFrom('outbox')
    .select(['position', 'workflow_id', 'payload'])
    .$if(tenant !== undefined, (it) => it.where('tenant', '=', tenant as string))
    .$if(workflowId !== undefined, (it) => it.where('workflow_id', '=', safeText(workflowId as string)))
    .$if(runId !== undefined, (it) => it.where('run_id', '=', runId as string))
    .$if(pipeline !== undefined, (it) => it.where('pipeline', '=', safeText(pipeline as string)))
    .$if(pipelines !== undefined, (it) => it.where('pipeline', 'in', orNone(pipelines)))
    .$if(kinds !== undefined, (it) => it.where('kind', 'in', kinds as string[]))
    .$if(afterSequence !== undefined, (it) => it.where((or) => or.or([or('sequence', 'is', null), or('sequence', '>', afterSequence as number)])));
}

const attemptsAtMost = 1_000;

/** What workers told of a run's attempts that failed and were repeated: the history does not keep it. */
export async function readRetries(database: Kysely<Database>, workflowId: string, runId: string): Promise<PipelineEvent[]> {
  const ofRun = database.selectFrom('outbox').select('payload').where('workflow_id', '=', workflowId).where('run_id', '=', runId);
  const rows = await ofRun.where('sequence', 'is', null).orderBy('position').limit(attemptsAtMost).execute();
  return rows.map(({ payload }) => payload as PipelineEvent);
}

/** The oldest events that are not published. */
export async function readUnpublished(database: Kysely<Database>, limit: number): Promise<OutboxEvent[]> {
  const rows = await database
    .selectFrom('outbox')
    .select(['position', 'workflow_id', 'payload'])
    .where('published_at', 'is', null)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map(outboxEvent);
}

export async function markPublished(database: Kysely<Database>, events: readonly OutboxEvent[]): Promise<void> {
  const positions = events.map(({ position }) => position);
  await database.updateTable('outbox').set({ published_at: sql<Date>`now()` }).where('position', 'in', positions).execute();
}

/** What waits to be published. */
export interface OutboxLag {
  events: number;
  /** Of the oldest. */
  seconds: number;
}

export async function outboxLag(database: Kysely<Database>): Promise<OutboxLag> {
  return database
    .selectFrom('outbox')
    .select((it) => [it.fn.countAll<number>().as('events'), secondsSince('min(created_at)').as('seconds')])
    .where('published_at', 'is', null)
    .executeTakeFirstOrThrow();
}

/** Whether a relay publishes, or did not long ago: without one, nothing waits for it. */
export async function isRelayed(database: Kysely<Database>): Promise<boolean> {
  return (await selectRelay(database).executeTakeFirst()) !== undefined;
}

/** How far the record is behind the histories. */
export interface ProjectionLag {
  /** Whose record is known to be behind, or was not compared with the history for a minute: then no projector runs, or none keeps up. */
  runs: number;
  /** Since the longest waiting of them was last projected. */
  seconds: number;
  /** Seconds since Temporal's lists were last looked through; a minute when all is well. */
  scanned: number;
}

export async function projectionLag(database: Kysely<Database>): Promise<ProjectionLag> {
  const behind = await database
    .selectFrom('projection')
    .select((it) => [it.fn.countAll<number>().as('runs'), secondsSince('min(projected_at)').as('seconds')])
    .where(sql<boolean>`(not ended or behind)`)
    .where(sql<boolean>`(behind or projected_at < now() - interval '1 minute')`)
    .executeTakeFirstOrThrow();
  const scan = await database.selectFrom('projection_scan').select(secondsSince('max(watermark)').as('scanned')).executeTakeFirstOrThrow();
  return { ...behind, ...scan };
}

const secondsSince = (moment: string) => sql<number>`greatest(0, coalesce(extract(epoch from now() - ${sql.raw(moment)}), 0))::float8`;

function outboxEvent({ position, workflow_id, payload }: { position: number; workflow_id: string; payload: unknown }): OutboxEvent {
  return { position, workflowId: workflow_id, event: payload as PipelineEvent };
}
