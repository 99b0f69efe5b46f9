import type { Temporal } from '../../sdk/node/client/temporal.js';
import { unknownRun } from '../../sdk/node/client/unknown-run.js';
import type { HistoryEvent } from '../../sdk/node/status/history-event.js';
import { numberOf } from './moments.js';

const firstPage = 4;
const longestPage = 256;

/**
 * Reads an execution's events after one, newest first, until that one is reached: what is known is not read again, but for
 * the rest of a page. Pages begin small and double, so that this rest is no more than what was new.
 *
 * @returns the events in the order in which they happened
 */
export async function readNews(temporal: Temporal, workflowId: string, executionId: string, after: number): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  for (let size = after === 0 ? longestPage : firstPage; ; size = Math.min(size * 2, longestPage)) {
    const request = { namespace: temporal.namespace, execution: { workflowId, runId: executionId }, maximumPageSize: size, nextPageToken };
    const answer = await temporal.read(({ workflowService }) => workflowService.getWorkflowExecutionHistoryReverse(request), unknownRun(workflowId));
    const page: HistoryEvent[] = answer.history?.events ?? [];
    const fresh = page.filter((event) => numberOf(event) > after);
    events.push(...fresh);
    if (fresh.length < page.length || !(answer.nextPageToken?.length > 0)) return events.reverse();
    nextPageToken = answer.nextPageToken;
  }
}
