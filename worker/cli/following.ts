import type { Command } from 'commander';
import type { Api, ApiClient, ApiError, StreamMessage } from '../../sdk/api-client/index.js';
import { addTarget, openApi, type Target } from './api.js';
import { interruptible } from './interruptible.js';
import { note, show, showItem } from './output.js';
import { gather, pages } from './pages.js';
import { printEvent } from './print-event.js';
import { largestPage, readCount } from './reading.js';
import { clock, colors, ownName, plain } from './terminal.js';

interface Following extends Target {
  follow?: boolean;
}

interface EventFlags extends Following {
  pipeline?: string;
  limit: number;
}

/** logs and events: what there is of them, or what comes, too. */
export function addFollowing(command: Command): void {
  addTarget(command.command('logs <run>'))
    .description("show a run's log lines with their record counts")
    .option('--follow', 'to its end, as they come; with --json a line for each')
    .action(logs);
  addTarget(command.command('events [run]'))
    .description('show what happened to a run, or to all of them lately')
    .option('--follow', 'as it happens; with --json a line for each')
    .option('--pipeline <id>', 'of all runs: those of this pipeline only')
    .option('--limit <number>', 'of all runs: how many of the latest', readCount, 50)
    .action(events);
}

async function logs(workflowId: string, { follow, ...options }: Following): Promise<void> {
  const api = openApi(options);
  if (follow === true) return followRun(`logs ${workflowId}`, (given) => api.runLogs(workflowId, given), printLog, options);
  const read = (cursor?: string) =>
    api.get('/v1/pipelines/workflows/{workflowId}/logs', { params: { path: { workflowId }, query: { limit: largestPage, cursor } } });
  const lines = await gather(pages(read, (page) => page.logs));
  show({ logs: lines }, options, lines.map(printLog).join('\n'));
}

function printLog({ at, message, records }: Api<'LogLine'>): string {
  return `${colors.dim(clock(at))}  ${plain(message)}${records === undefined ? '' : colors.dim(`  ${records.toLocaleString('en')} records`)}`;
}

async function events(workflowId: string | undefined, { follow, ...options }: EventFlags): Promise<void> {
  const api = openApi(options);
  if (workflowId === undefined) return eventsOfAll(api, follow === true, options);
  const print = (event: Api<'Event'>) => printEvent(event, { ofRun: true });
  if (follow === true) return followRun(`events ${workflowId}`, (given) => api.runEvents(workflowId, given), print, options);
  const read = (cursor?: string) =>
    api.get('/v1/pipelines/workflows/{workflowId}/events', { params: { path: { workflowId }, query: { limit: largestPage, cursor } } });
  const all = await gather(pages(read, (page) => page.events));
  show({ events: all }, options, all.map(print).join('\n'));
}

/** The latest is at the foot, where the eye is. */
async function eventsOfAll(api: ApiClient, follow: boolean, { pipeline, limit, ...options }: Omit<EventFlags, 'follow'>): Promise<void> {
  const print = (event: Api<'Event'>) => printEvent(event, { ofRun: false });
  if (follow) {
    const stream = (signal: AbortSignal) => showAll(api.events({ query: { pipeline }, signal, onLost }), print, options);
    return interruptible('No longer following; the runs go on.', stream);
  }
  const read = (cursor?: string) => api.get('/v1/events', { params: { query: { pipeline, limit: Math.min(limit, largestPage), cursor } } });
  const latest = await gather(pages(read, (page) => page.events, limit));
  show({ events: latest }, options, latest.toReversed().map(print).join('\n'));
}

type Open<Data> = (options: { signal: AbortSignal; onLost: (error: ApiError) => void }) => AsyncIterable<StreamMessage<Data>>;

function followRun<Data>(words: string, open: Open<Data>, print: (data: Data) => string, options: Target): Promise<void> {
  return interruptible(`No longer following; the run goes on. ${ownName} ${words} --follow shows it again.`, (signal) =>
    showAll(open({ signal, onLost }), print, options),
  );
}

async function showAll<Data>(messages: AsyncIterable<StreamMessage<Data>>, print: (data: Data) => string, options: Target): Promise<void> {
  for await (const { data } of messages) showItem(data, options, print(data));
}

const onLost = ({ message }: ApiError) => note(`${message} It is asked for again.`);
