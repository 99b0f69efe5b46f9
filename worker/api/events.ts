import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import * as z from 'zod';
import type { EventFeed, FeedPage } from '../events/event-feed.js';
import { endKinds, eventKinds } from '../events/kinds.js';
import { lastPosition, type OutboxEvent, type OutboxFilter, readLatest, readOutbox } from '../events/outbox.js';
import type { Database } from '../registry/database.js';
import type { ApiContext } from './api-context.js';
import { json, problems, stream, WorkflowId } from './documented.js';
import { findRun } from './find-run.js';
import { needs } from './needs.js';
import { NextPage, NumberPlace, PageQuery, Pages } from './page.js';
import { seenRegistry, seenRuns } from './seen.js';
import { heartbeat, heartbeatEvery, lastSeen, type Messages, message, wantsStream } from './streams.js';

const EventShape = z
  .looseObject({ id: z.string(), type: z.string(), subject: z.string(), time: z.string(), tenant: z.string(), pipeline: z.string(), data: z.looseObject({}) })
  .meta({ id: 'Event', description: 'CloudEvents 1.0; /v1/events/schemas has the JSON Schema of each type, with the dataschema as its $id' });
const Events = z.object({ events: z.array(EventShape), cursor: NextPage });
const Resume = z.object({ 'last-event-id': z.string().optional().meta({ description: 'Of a stream: goes on after this one' }) });
const kinds = z.union([z.enum(eventKinds), z.array(z.enum(eventKinds))]).transform((it) => (Array.isArray(it) ? it : [it]));

export const allEvents = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/events',
  summary: 'What happened to all runs: the latest first, or as a stream from now on where text/event-stream is accepted',
  request: {
    headers: Resume,
    query: PageQuery.extend({
      pipeline: z.string().max(200).optional(),
      workflowId: z.string().max(1_000).optional(),
      kind: kinds.optional().meta({ description: 'Once or several times' }),
      after: z.coerce.number().int().min(0).optional().meta({ description: 'Of a stream: the position after which it begins; 0 for all that is kept' }),
    }),
  },
  responses: { 200: stream(json(Events, 'A page of events, or the stream of them'), 'One event a message; its id is its position'), ...problems() },
});
export const runEvents = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/events',
  summary: 'What happened to a run, in its order; as a stream where text/event-stream is accepted, which ends after the run does',
  request: { params: WorkflowId, headers: Resume, query: PageQuery },
  responses: {
    200: stream(json(Events, 'A page of events, or the stream of them'), 'One event a message; its id is its position and its number in the run'),
    204: { description: 'The stream is over: do not come again' },
    ...problems(404),
  },
});

export function addEvents(app: OpenAPIHono, context: ApiContext): void {
  const { streams, catalogue } = context;
  app.openapi(allEvents, async (c) => {
    const { limit, cursor: before, after, kind, ...asked } = c.req.valid('query');
    const { principal } = c.var;
    const database = await seenRegistry(context, principal);
    const filter: OutboxFilter = { ...asked, kinds: kind, ...(await seenRuns(catalogue, database, principal)) };
    if (wantsStream(c)) {
      const from = lastSeen(c)?.position ?? after ?? (await lastPosition(database));
      return streams.start(principal, endless(streams.of(principal).events, filter, from));
    }
    const pages = new Pages(NumberPlace, 'events', { ...asked, kinds: kind, tenant: principal.tenant });
    const rows = await readLatest(database, pages.read(before)?.id, limit + 1, filter);
    const { page, cursor } = pages.cut(rows, limit, ({ position }) => ({ id: position }));
    return c.json({ events: page.map(({ event }) => event), cursor }, 200);
  });
  app.openapi(runEvents, async (c) => {
    const { limit, cursor: before } = c.req.valid('query');
    const { database, run } = await findRun(context, c.var, c.req.valid('param').workflowId);
    const filter = { tenant: run.tenant, workflowId: run.workflow_id ?? '', runId: run.run_id ?? '' };
    if (wantsStream(c)) {
      const seen = lastSeen(c);
      const { position, sequence = 0 } = seen ?? { position: 0 };
      const unseen = { ...filter, afterSequence: sequence };
      if (seen !== undefined && (await isOver(database, run.id)) && (await readOutbox(database, position, 1, unseen)).length === 0) return c.body(null, 204);
      return streams.start(c.var.principal, untilEnd(streams.of(c.var.principal).events, database, run.id, unseen, position));
    }
    const pages = new Pages(NumberPlace, 'run-events', filter);
    const rows = await readOutbox(database, pages.read(before)?.id ?? 0, limit + 1, filter);
    const { page, cursor } = pages.cut(rows, limit, ({ position }) => ({ id: position }));
    return c.json({ events: page.map(({ event }) => event), cursor }, 200);
  });
}

const messageOf = ({ position, event }: OutboxEvent) => message(position, event, event.type);

/** Writes a run's events with their numbers in it: those stay, where the registry is made anew and positions are others. */
function numbering(from: number): (event: OutboxEvent) => string {
  let sequence = from;
  return ({ position, event }) => {
    sequence = Number(event.sequence ?? sequence);
    return message(`${position}-${sequence}`, event, event.type);
  };
}

function endless(feed: EventFeed, filter: OutboxFilter, from: number): Messages {
  return async function* (signal) {
    // Whoever loses the connection before the first event goes on from here.
    yield heartbeat(from);
    for (let position = from; !signal.aborted; ) {
      const page = await feed.next(position, filter, heartbeatEvery, signal);
      position = page.position;
      yield page.events.length === 0 ? heartbeat(position) : page.events.map(messageOf).join('');
    }
  };
}

const pageSize = 200;

/** A run's events until its last. */
function untilEnd(feed: EventFeed, database: Kysely<Database>, run: number, filter: OutboxFilter, from: number): Messages {
  return async function* (signal) {
    const numbered = numbering(filter.afterSequence ?? 0);
    let position = from;
    for (let mayBeOver = true; !signal.aborted; ) {
      // Whether it is over is asked first: what is read then is all.
      const over: boolean = mayBeOver && (await isOver(database, run));
      const page: FeedPage = over ? await rest(database, filter, position) : await feed.next(position, filter, heartbeatEvery, signal);
      position = page.position;
      if (page.events.length > 0) yield page.events.map(numbered).join('');
      else if (over) return;
      else yield heartbeat();
      mayBeOver = over || page.events.some(({ event }) => endKinds.includes(event.type));
    }
  };
}

async function rest(database: Kysely<Database>, filter: OutboxFilter, after: number) {
  const events = await readOutbox(database, after, pageSize, filter);
  return { events, position: events.at(-1)?.position ?? after };
}

async function isOver(database: Kysely<Database>, run: number): Promise<boolean> {
  const row = await database.selectFrom('pipeline_execution').select('end_date').where('id', '=', run).executeTakeFirst();
  return row === undefined || row.end_date !== null;
}
