import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { type Api, ApiClient } from '../../sdk/api-client/index.js';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { printStatus } from '../cli/print-status.js';
import { colors } from '../cli/terminal.js';
import type { Dev } from './dev.js';

const FirstRuns = z.array(
  z.strictObject({
    pipeline: z.string(),
    input: z.record(z.string(), z.unknown()),
    /** An idempotency key: with it the run is started once, however often this is done. */
    key: z.string().optional(),
    /** What the reader should know of it. */
    title: z.string(),
    /** Whether all is well only when it has succeeded; false for a run that is there to wait for people, who may decline it. */
    mustSucceed: z.boolean().default(true),
  }),
);
type FirstRun = z.output<typeof FirstRuns>[number];

/**
 * Starts the runs of a file one after another, each when the one before it has ended or waits for people, and prints how they stand.
 *
 * @param signal ends the following, and leaves the runs alone
 * @returns whether those that must have succeeded
 */
export async function startFirstRuns(file: string, dev: Dev, signal: AbortSignal): Promise<boolean> {
  let fine = true;
  for (const run of readRuns(file)) {
    console.log(colors.bold(`\n${run.title}`));
    const status = await startAndRest(dev.apiUrl, run, signal);
    console.log(printStatus(status));
    console.log(colors.dim(links(dev, status)));
    if (run.mustSucceed && status.status !== 'SUCCEEDED') fine = false;
  }
  return fine;
}

function readRuns(file: string): FirstRun[] {
  try {
    return FirstRuns.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new HeadraceError(`${file} is no list of runs: ${(error as Error).message}`, { code: 'unreadable_file', where: file });
  }
}

async function startAndRest(url: string, { pipeline, input, key }: FirstRun, signal: AbortSignal): Promise<Api<'RunStatus'>> {
  const api = new ApiClient({ url, token: process.env.HEADRACE_API_KEY });
  const params = { path: { id: pipeline }, header: { 'idempotency-key': key } };
  const { workflowId } = await api.post('/v1/pipelines/{id}/execute', { params, body: input, signal });
  for (;;) {
    const status = await api.get('/v1/pipelines/workflows/{workflowId}/status', { params: { path: { workflowId } }, signal });
    if (status.endedAt !== undefined || status.status === 'WAITING_FOR_APPROVAL') return status;
    await wait(100, undefined, { signal });
  }
}

function links({ apiUrl, uiUrl, namespace }: Dev, { workflowId, runId }: Api<'RunStatus'>): string {
  const ui = uiUrl === undefined ? [] : [`  ${uiUrl}/namespaces/${namespace}/workflows/${workflowId}/${runId}`];
  return [...ui, `  ${apiUrl}/v1/pipelines/workflows/${workflowId}/status`].join('\n');
}
