import { type Kysely, sql } from 'kysely';
import type { Database } from '../registry/database.js';
import { relayLease } from '../registry/retention.js';
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
}

/** Reads events in the order in which they were committed, as a stream resumes from the last position that it has seen. */
export async function readOutbox(
  database: Kysely<Database>,
  after: number,
  limit: number,
  { tenant, workflowId, runId }: OutboxFilter = {},
): Promise<OutboxEvent[]> {
  let query = database.selectFrom('outbox').select(['position', 'workflow_id', 'payload']).where('position', '>', after).orderBy('position').limit(limit);
  if (tenant !== undefined) query = query.where('tenant', '=', tenant);
  if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId);
  if (runId !== undefined) query = query.where('run_id', '=', runId);
  return (await query.execute()).map(outboxEvent);
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

/** Whether a relay ever published: without one, nothing waits for it. */
export async function isRelayed(database: Kysely<Database>): Promise<boolean> {
  return (await database.selectFrom('lease').select('name').where('name', '=', relayLease).executeTakeFirst()) !== undefined;
}

/** How far the record is behind the histories. */
export interface ProjectionLag {
  /** Whose record is known to be behind. */
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
    .where('behind', '=', true)
    .where(sql<boolean>`(not ended or behind)`)
    .executeTakeFirstOrThrow();
  const scan = await database.selectFrom('projection_scan').select(secondsSince('max(watermark)').as('scanned')).executeTakeFirstOrThrow();
  return { ...behind, ...scan };
}

const secondsSince = (moment: string) => sql<number>`greatest(0, coalesce(extract(epoch from now() - ${sql.raw(moment)}), 0))::float8`;

function outboxEvent({ position, workflow_id, payload }: { position: number; workflow_id: string; payload: unknown }): OutboxEvent {
  return { position, workflowId: workflow_id, event: payload as PipelineEvent };
}
