import { formatDuration } from '../../authoring/duration.js';
import { firstRun, type RunMemo, runPartition, runState, withEvidence } from '../../authoring/run-memo.js';
import { type Described, decodeReadable, iso, milliseconds } from '../status/history-event.js';
import { pendingSignal } from '../status/pending-signal.js';
import type { PendingSignal, RunStateName } from '../status/run-status.js';
import { readCursor, writeCursor } from './cursor.js';
import { type RunFilter, runQuery } from './run-query.js';
import type { Temporal } from './temporal.js';

/** A run in a list. Temporal's visibility lags behind the run by a moment. */
export interface ListedRun {
  workflowId: string;
  runId: string;
  pipeline: string;
  status: RunStateName;
  /** Of a backfill. */
  partition?: string;
  startedAt: string;
  endedAt?: string;
  duration?: string;
  /** The approvals that it waits for. */
  waiting: PendingSignal[];
}

/** Which part of a list is asked for. */
export interface Page {
  /** Runs of one answer; 50 unless said, 200 at most. */
  limit?: number;
  /** Where the answer before ended. */
  cursor?: string;
}

/** One page of runs. */
export interface RunList {
  runs: ListedRun[];
  /** For the next page; left out on the last. */
  cursor?: string;
}

type Info = NonNullable<Described['workflowExecutionInfo']>;

const longestPage = 200;

/** Runs, the latest first. @throws HeadraceError bad_request on a foreign cursor, or no_temporal */
export async function listRuns(temporal: Temporal, { limit = 50, cursor, ...filter }: RunFilter & Page): Promise<RunList> {
  const query = runQuery(filter);
  const nextPageToken = cursor === undefined ? undefined : readCursor(cursor, query);
  const request = { namespace: temporal.namespace, query, pageSize: Math.min(Math.max(1, limit), longestPage), nextPageToken };
  const answer = await temporal.read(({ workflowService }) => workflowService.listWorkflowExecutions(request));
  const runs = answer.executions.map(listedRun);
  return answer.nextPageToken?.length > 0 ? { runs, cursor: writeCursor(answer.nextPageToken, query) } : { runs };
}

function listedRun(info: Info): ListedRun {
  const startedAt = milliseconds(info.startTime);
  const closed = info.closeTime == null ? undefined : milliseconds(info.closeTime);
  const first = decodeReadable(info.memo?.fields?.[firstRun]);
  const partition = decodeReadable(info.searchAttributes?.indexedFields?.[runPartition.name]);
  const memo = (decodeReadable(info.memo?.fields?.headrace) ?? {}) as RunMemo;
  return {
    workflowId: info.execution?.workflowId ?? '',
    runId: typeof first === 'string' ? first : (info.execution?.runId ?? ''),
    pipeline: info.type?.name ?? '',
    status: stateOf(info, memo),
    ...(typeof partition === 'string' ? { partition } : {}),
    startedAt: iso(startedAt),
    ...(closed === undefined ? {} : { endedAt: iso(closed), duration: formatDuration(Math.max(0, closed - startedAt)) }),
    waiting: closed === undefined ? withEvidence(memo.waiting ?? [], (key) => decodeReadable(info.memo?.fields?.[key])).map((wait) => pendingSignal(wait)) : [],
  };
}

const closedAs: Record<number, RunStateName> = { 2: 'SUCCEEDED', 3: 'FAILED', 4: 'CANCELLED', 5: 'TERMINATED', 7: 'TIMED_OUT' };
const forced = new Set([5, 7]);

function stateOf({ status, searchAttributes, closeTime }: Info, { end }: RunMemo): RunStateName {
  const own = decodeReadable(searchAttributes?.indexedFields?.[runState.name]);
  if (closeTime == null) return own === 'WAITING_FOR_APPROVAL' ? own : 'RUNNING';
  const temporals = closedAs[status ?? 0] ?? 'FAILED';
  return end === undefined || forced.has(status ?? 0) ? temporals : end.state;
}
