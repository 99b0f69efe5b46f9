import { setTimeout as wait } from 'node:timers/promises';
import { type Api, ApiError } from '../../sdk/api-client/index.js';
import { formatDuration } from '../../sdk/authoring/duration.js';
import { note } from './output.js';
import { approvalHint, printWait } from './print-status.js';
import { progressBar } from './progress-bar.js';
import { isTerminal, plain } from './terminal.js';

type RunStatus = Api<'RunStatus'>;

const interval = 400;
/** For so long an API may be away while a run is followed. */
const patience = 120_000;

/**
 * Reads a run's status until its end, with a bar on a terminal and a line per change in a pipe.
 *
 * @throws ApiError when the API refuses, or stays away
 */
export async function follow(read: () => Promise<RunStatus>, quiet: boolean, signal: AbortSignal): Promise<RunStatus> {
  const bar = isTerminal() && !quiet;
  const report = quiet ? () => undefined : bar ? drawing() : lines();
  const patient = patiently(read);
  try {
    for (;;) {
      const status = await patient();
      if (status !== undefined) report(status);
      if (status?.endedAt !== undefined) return status;
      await wait(interval, undefined, { signal });
    }
  } finally {
    if (bar) progressBar.remove();
  }
}

/** An API that is away for a while is told of once: the run goes on without it. */
function patiently(read: () => Promise<RunStatus>): () => Promise<RunStatus | undefined> {
  let answered = false;
  let away: number | undefined;
  return async () => {
    try {
      const status = await read();
      answered = true;
      away = undefined;
      return status;
    } catch (error) {
      if (!answered || !(error instanceof ApiError) || !error.passes || Date.now() - (away ?? Date.now()) > patience) throw error;
      if (away === undefined) note(`${error.message} The run goes on, and is asked for again.`);
      away ??= Date.now();
      return undefined;
    }
  };
}

function drawing(): (status: RunStatus) => void {
  const told = new Set<string>();
  return ({ workflowId, progress, status, startedAt, currentActivity, pendingSignals, activities }) => {
    for (const it of activities.filter((call) => call.status === 'RETRYING')) {
      const line = `${it.callId ?? it.name} ${it.status}${why(it)}`;
      if (!told.has(line)) progressBar.above(line);
      told.add(line);
    }
    for (const waits of pendingSignals.filter(({ id }) => !told.has(id))) {
      told.add(waits.id);
      progressBar.above(printWait(workflowId, waits));
    }
    const since = formatDuration(Math.max(0, Date.now() - Date.parse(startedAt)));
    progressBar.draw(progress, `${status} ${since} ${currentActivity ?? ''}`);
  };
}

/** Why a call was skipped, or is tried again, and what to do. */
function why({ status, reason, attempt, error }: RunStatus['activities'][number]): string {
  if (reason !== undefined) return `: ${plain(reason)}`;
  if (status !== 'RETRYING' || error === undefined) return '';
  return ` (attempt ${attempt}): ${[error.message, error.fix ?? ''].map(plain).join(' ').trimEnd()}`;
}

function lines(): (status: RunStatus) => void {
  const seen = new Set<string>();
  const say = (line: string) => {
    if (!seen.has(line)) console.log(line);
    seen.add(line);
  };
  return ({ activities, pendingSignals, workflowId }) => {
    for (const it of activities) say(`${it.callId ?? it.name} ${it.status}${it.duration === undefined ? '' : ` in ${it.duration}`}${why(it)}`);
    for (const waits of pendingSignals) say(`waits for ${waits.id}: ${approvalHint(workflowId, waits)}`);
  };
}
