import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import colors from 'picocolors';
import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { RunStatus } from '../../sdk/node/status/run-status.js';
import { request } from '../cli/api-client.js';
import { printStatus } from '../cli/print-status.js';
import type { Dev } from './dev.js';

const FirstRuns = z.array(
  z.strictObject({
    pipeline: z.string(),
    input: z.record(z.string(), z.unknown()),
    /** An idempotency key: with it the run is started once, however often this is done. */
    key: z.string().optional(),
    /** What the reader should know of it. */
    title: z.string(),
  }),
);

/**
 * Starts the runs of a file one after another, each when the one before it has ended or waits for people, and prints how they stand.
 *
 * @returns whether none of them failed
 */
export async function startFirstRuns(file: string, dev: Dev): Promise<boolean> {
  let fine = true;
  for (const run of readRuns(file)) {
    console.log(colors.bold(`\n${run.title}`));
    const status = await startAndRest(dev.apiUrl, run);
    console.log(printStatus(status));
    console.log(colors.dim(links(dev, status)));
    if (status.status !== 'SUCCEEDED' && status.status !== 'WAITING_FOR_APPROVAL') fine = false;
  }
  return fine;
}

function readRuns(file: string): z.output<typeof FirstRuns> {
  try {
    return FirstRuns.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new HeadraceError(`${file} is no list of runs: ${(error as Error).message}`, { code: 'unreadable_file', where: file });
  }
}

async function startAndRest(api: string, { pipeline, input, key }: z.output<typeof FirstRuns>[number]): Promise<RunStatus> {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  const { workflowId } = await request<{ workflowId: string }>(api, 'POST', `/v1/pipelines/${pipeline}/execute`, input, headers);
  for (;;) {
    const status = await request<RunStatus>(api, 'GET', `/v1/pipelines/workflows/${encodeURIComponent(workflowId)}/status`);
    if (status.endedAt !== undefined || status.status === 'WAITING_FOR_APPROVAL') return status;
    await wait(100);
  }
}

function links({ apiUrl, uiUrl, namespace }: Dev, { workflowId, runId }: RunStatus): string {
  const ui = uiUrl === undefined ? [] : [`  ${uiUrl}/namespaces/${namespace}/workflows/${workflowId}/${runId}`];
  return [...ui, `  ${apiUrl}/v1/pipelines/workflows/${workflowId}/status`].join('\n');
}
