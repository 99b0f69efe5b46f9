import type { AnyPipeline } from '../../authoring/pipeline.js';
import type { Temporal } from '../client/temporal.js';
import type { EarlierRetries } from './earlier-retries.js';
import { milliseconds } from './history-event.js';
import type { LastSuccess } from './last-success.js';
import { readPolled } from './read-polled.js';
import { readRun } from './read-run.js';
import type { RunStatus } from './run-status.js';
import { statusOf } from './status-of.js';

/** What is read once for many answers. */
export interface Read {
  lastSuccess: LastSuccess;
  earlierRetries: EarlierRetries;
}

/**
 * A run's status, read from Temporal's server alone.
 *
 * @param find gives the pipeline of an id, where it is known
 * @throws HeadraceError unknown_run or no_temporal
 */
export async function readStatus(
  temporal: Temporal,
  { lastSuccess, earlierRetries }: Read,
  workflowId: string,
  find: (id: string) => AnyPipeline | undefined,
): Promise<RunStatus> {
  const { described, events, firstStartedAt } = await readRun(temporal, workflowId);
  const { workflowExecutionInfo: info, executionConfig } = described;
  const id = info?.type?.name ?? '';
  const ended = info?.closeTime != null;
  const startedAt = firstStartedAt ?? milliseconds(info?.startTime);
  const known = { pipeline: find(id), firstStartedAt, earlierRetries: await earlierRetries.of(workflowId, events), now: Date.now() };
  // What a success is measured by need not be asked for: it is whole.
  const told = ended ? statusOf(described, events, known) : undefined;
  if (told?.status === 'SUCCEEDED') return told;
  const [polled, stepsOfLastSuccess] = await Promise.all([
    ended ? undefined : readPolled(temporal, executionConfig?.taskQueue?.name ?? ''),
    lastSuccess.stepsBefore(id, info?.firstRunId || (info?.execution?.runId ?? ''), startedAt),
  ]);
  return statusOf(described, events, { ...known, polled, stepsOfLastSuccess, now: Date.now() });
}
