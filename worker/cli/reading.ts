import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Api, ApiClient } from '../../sdk/api-client/index.js';
import { addTarget, openApi, type Target } from './api.js';
import { show } from './output.js';
import { gather, pages } from './pages.js';
import { printRun } from './print-run.js';
import { readSince } from './since.js';
import { list } from './table.js';
import { isTerminal, moment, plain } from './terminal.js';

const states = ['RUNNING', 'WAITING_FOR_APPROVAL', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'TIMED_OUT', 'TERMINATED'] as const;
type State = (typeof states)[number];
const triggers = ['client', 'schedule', 'parent', 'temporal'];
/** Of a page of the API. */
export const largestPage = 200;

/** runs and show: what the record has of runs. */
export function addReading(command: Command): void {
  addTarget(command.command('runs'))
    .description('list the runs, the newest first')
    .option('--pipeline <id>', 'of this pipeline only')
    .addOption(new Option('--status <status>', `in this state only: ${states.join(', ')}`).argParser(readState))
    .option('--since <moment>', "begun since then: '2h', '7 days', 2026-02-12", readSince)
    .option('--until <moment>', 'begun before then', readSince)
    .option('--partition <key>', 'of this partition only')
    .option('--parent <run>', 'started by this run')
    .addOption(new Option('--trigger <trigger>', "started so only: by a client of the API, a schedule, a run, or a program of Temporal's").choices(triggers))
    .option('--limit <number>', 'how many', readCount, 20)
    .action(listRuns);
  addTarget(command.command('show <run>'))
    .description('show a run whole: its calls with attempts and bars, approvals, error and fix')
    .action(async (workflowId: string, options: Target) => {
      const run = await readRun(openApi(options), workflowId);
      show(run, options, printRun(run));
    });
}

/** A number of things. @throws InvalidArgumentError */
export function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number from 1 on.');
}

function readState(text: string): State {
  const state = states.find((it) => it === text.toUpperCase());
  if (state === undefined) throw new InvalidArgumentError(`The states are ${states.join(', ')}.`);
  return state;
}

interface Filter extends Target {
  pipeline?: string;
  status?: State;
  since?: string;
  until?: string;
  partition?: string;
  parent?: string;
  trigger?: string;
  limit: number;
}

async function listRuns({ pipeline, status, since, until, partition, parent, trigger, limit, ...options }: Filter): Promise<void> {
  const api = openApi(options);
  const filter = { pipeline, status, partition, parent, trigger, startedAfter: since, startedBefore: until, limit: Math.min(limit, largestPage) };
  const read = (cursor?: string) => api.get('/v1/pipelines/workflows', { params: { query: { ...filter, cursor } } });
  const runs = await gather(pages(read, (page) => page.runs, limit));
  show({ runs }, options, list(['RUN', 'STATUS', 'STARTED', 'DURATION', 'ROWS', 'NOTE'], runs.map(runCells), 'no runs'));
}

function runCells({ workflowId, status, startedAt, duration = '', rows, waiting, error, reason, partition }: Api<'RecordedRun'>): string[] {
  const [waits] = waiting;
  const says = waits === undefined ? (error?.message ?? reason ?? (partition === undefined ? '' : `partition ${partition}`)) : waits.question;
  return [
    plain(workflowId),
    status,
    moment(startedAt),
    duration,
    rows === undefined ? '' : isTerminal() ? rows.toLocaleString('en') : String(rows),
    plain(says),
  ];
}

/** A run with all of its calls and children. */
async function readRun(api: ApiClient, workflowId: string): Promise<Api<'RunDetail'>> {
  const path = { workflowId };
  const { callsCursor, childrenCursor, ...run } = await api.get('/v1/pipelines/workflows/{workflowId}', { params: { path } });
  const limit = largestPage;
  const calls = pages(
    (cursor) => api.get('/v1/pipelines/workflows/{workflowId}/calls', { params: { path, query: { limit, cursor: cursor ?? callsCursor } } }),
    (page) => page.calls,
    callsCursor === undefined ? 0 : undefined,
  );
  const children = pages(
    (cursor) => api.get('/v1/pipelines/workflows/{workflowId}/children', { params: { path, query: { limit, cursor: cursor ?? childrenCursor } } }),
    (page) => page.children,
    childrenCursor === undefined ? 0 : undefined,
  );
  return { ...run, calls: [...run.calls, ...(await gather(calls))], children: [...run.children, ...(await gather(children))] };
}
