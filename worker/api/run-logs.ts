import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import type { FedLine, LogFeed } from '../events/log-feed.js';
import { readLogs, sumLogs } from '../registry/run-logs.js';
import type { ApiContext } from './api-context.js';
import { json, problems, stream, WorkflowId } from './documented.js';
import { findRun } from './find-run.js';
import { needs } from './needs.js';
import { NextPage, NumberPlace, PageQuery, Pages } from './page.js';
import { LogShape } from './recorded-shape.js';
import { heartbeat, heartbeatEvery, lastSeen, type Messages, message, wantsStream } from './streams.js';

const Logs = z.object({
  logs: z.array(LogShape),
  cursor: NextPage,
  lines: z.number().int().meta({ description: 'Of the whole log' }),
  records: z.number().meta({ description: 'That the whole log tells of' }),
});

export const runLogs = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/workflows/{workflowId}/logs',
  summary: "A run's log lines with their record counts; as a stream where text/event-stream is accepted, which ends after the run does",
  request: {
    params: WorkflowId,
    headers: z.object({ 'last-event-id': z.string().optional().meta({ description: 'Of a stream: goes on after this line' }) }),
    query: PageQuery,
  },
  responses: {
    200: stream(json(Logs, 'A page of lines, or the stream of them'), 'One line a message; its id is its number'),
    204: { description: 'The stream is over: do not come again' },
    ...problems(404),
  },
});

export function addRunLogs(app: OpenAPIHono, context: ApiContext): void {
  const { streams } = context;
  app.openapi(runLogs, async (c) => {
    const { limit, cursor: before } = c.req.valid('query');
    const { database, run } = await findRun(context, c.var, c.req.valid('param').workflowId);
    if (wantsStream(c)) {
      const seen = lastSeen(c)?.position;
      if (seen !== undefined && run.end_date !== null && (await readLogs(database, run.id, 1, seen)).length === 0) return c.body(null, 204);
      return streams.start(c.var.principal, linesOf(streams.of(c.var.principal).logs, run.id, seen ?? 0));
    }
    const pages = new Pages(NumberPlace, 'logs', run.id);
    const rows = await readLogs(database, run.id, limit + 1, pages.read(before)?.id);
    const { page, cursor } = pages.cut(rows, limit, ({ sequence }) => ({ id: sequence }));
    return c.json({ logs: page.map(logLine), cursor, ...(await sumLogs(database, run.id)) }, 200);
  });
}

function linesOf(feed: LogFeed, run: number, from: number): Messages {
  return async function* (signal) {
    for (let after = from; !signal.aborted; ) {
      const { lines, ended } = await feed.next(run, after, heartbeatEvery, signal);
      after = lines.at(-1)?.sequence ?? after;
      if (lines.length > 0) yield lines.map((line) => message(line.sequence, logLine(line))).join('');
      if (ended) return;
      if (lines.length === 0) yield heartbeat();
    }
  };
}

function logLine({ sequence, at, message: text, records }: FedLine): z.output<typeof LogShape> {
  return { sequence, at: at.toISOString(), message: text, records: records ?? undefined };
}
