import type { Temporal } from '../client/temporal.js';
import { unknownRun } from '../client/unknown-run.js';
import { type Described, type HistoryEvent, milliseconds } from './history-event.js';

/** A run as Temporal's server knows it: the last execution, and when the first began. */
export interface ReadRun {
  described: Described;
  events: HistoryEvent[];
  firstStartedAt: number | undefined;
}

const pageSize = 1_000;
/** Temporal ends a run at 51,200 events: more pages than this there cannot be. */
const maximumPages = 60;
const maximumContinuations = 3;

/**
 * Reads a run: the description first, then the history of the same execution.
 *
 * @throws HeadraceError unknown_run or no_temporal
 */
export async function readRun(temporal: Temporal, workflowId: string): Promise<ReadRun> {
  for (let tries = 1; ; tries += 1) {
    const described = await describeRun(temporal, workflowId);
    const events = await readHistory(temporal, workflowId, described.workflowExecutionInfo?.execution?.runId ?? '');
    const continued = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes != null;
    // It continued as new between both: the next execution is the one to read.
    if (continued && tries < maximumContinuations) continue;
    return { described, events, firstStartedAt: await firstStart(temporal, workflowId, events) };
  }
}

/** What Temporal says of a run's last execution, or of the one that is named. @throws HeadraceError unknown_run or no_temporal */
export async function describeRun(temporal: Temporal, workflowId: string, runId?: string): Promise<Described> {
  const request = { namespace: temporal.namespace, execution: { workflowId, runId } };
  return temporal.read(({ workflowService }) => workflowService.describeWorkflowExecution(request), unknownRun(workflowId));
}

/** All events of one execution, page by page. */
export async function readHistory(temporal: Temporal, workflowId: string, runId: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  for (let page = 0; page < maximumPages; page += 1) {
    const request = { namespace: temporal.namespace, execution: { workflowId, runId }, maximumPageSize: pageSize, nextPageToken };
    const answer = await temporal.read(({ workflowService }) => workflowService.getWorkflowExecutionHistory(request), unknownRun(workflowId));
    events.push(...(answer.history?.events ?? []));
    if (!(answer.nextPageToken?.length > 0)) break;
    nextPageToken = answer.nextPageToken;
  }
  return events;
}

/** When the first execution of a continued run began; its last one's start where it is no longer kept. */
async function firstStart(temporal: Temporal, workflowId: string, events: readonly HistoryEvent[]): Promise<number | undefined> {
  const { continuedExecutionRunId, firstExecutionRunId } = events[0]?.workflowExecutionStartedEventAttributes ?? {};
  if (!continuedExecutionRunId || !firstExecutionRunId) return undefined;
  const first = await describeRun(temporal, workflowId, firstExecutionRunId).catch(() => undefined);
  return milliseconds(first?.workflowExecutionInfo?.startTime) || undefined;
}
