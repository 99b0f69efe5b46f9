import { type Kysely, sql } from 'kysely';
import type { Database } from '../registry/database.js';
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
  const age = sql<number>`coalesce(extract(epoch from now() - min(created_at)), 0)::float8`;
  const { events, seconds } = await database
    .selectFrom('outbox')
    .select((it) => [it.fn.countAll<number>().as('events'), age.as('seconds')])
    .where('published_at', 'is', null)
    .executeTakeFirstOrThrow();
  return { events, seconds };
}

/** Runs whose record is known to be behind their history. */
export async function projectionLag(database: Kysely<Database>): Promise<number> {
  const { behind } = await database
    .selectFrom('projection')
    .select((it) => it.fn.countAll<number>().as('behind'))
    .where('behind', '=', true)
    .executeTakeFirstOrThrow();
  return behind;
}

function outboxEvent({ position, workflow_id, payload }: { position: number; workflow_id: string; payload: unknown }): OutboxEvent {
  return { position, workflowId: workflow_id, event: payload as PipelineEvent };
}
