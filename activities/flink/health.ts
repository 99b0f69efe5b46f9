import { ValidationError } from '../../sdk/index.js';
import type { FlinkApi } from './flink-api.js';
import type { JobDetails } from './job-details.js';
import type { Streaming } from './steps.js';

export interface Health {
  readonly isHealthy: boolean;
  /** Why it never will be. */
  readonly problem?: ValidationError;
  /** Completed ones, of a streaming job. */
  readonly checkpoints?: number;
}

interface Checkpoints {
  counts?: { completed?: number };
}

/** How Flink writes an interval of a job that makes none: the largest long, or about that as a number. */
const never = 2 ** 62;

/** Whether a streaming job runs for long enough, with all its tasks, and completes checkpoints. A batch job is never 'healthy': it ends. */
export async function healthOf(api: FlinkApi, details: JobDetails, wanted: Streaming | undefined, signal: AbortSignal): Promise<Health> {
  if (wanted === undefined || details.state !== 'RUNNING') return { isHealthy: false };
  const checkpoints = wanted.checkpoints === 0 ? 0 : await completed(api, details.jid, signal);
  if (checkpoints === undefined) return { isHealthy: false, problem: noCheckpoints(api) };
  const { vertices = [], now, timestamps } = details;
  const runs = vertices.length > 0 && vertices.every(({ status }) => status === 'RUNNING' || status === 'FINISHED');
  const steady = now - (timestamps.RUNNING ?? now) >= wanted.steadyFor * 1_000;
  return { isHealthy: runs && steady && checkpoints >= wanted.checkpoints, checkpoints };
}

/** Undefined where the job makes none. */
async function completed(api: FlinkApi, job: string, signal: AbortSignal): Promise<number | undefined> {
  const { json: config } = await api.ask({ path: `jobs/${job}/checkpoints/config`, expected: [404], signal });
  const { interval = never } = (config ?? {}) as { interval?: number };
  if (interval >= never) return undefined;
  const { json } = await api.ask({ path: `jobs/${job}/checkpoints`, expected: [404], signal });
  return (json as Checkpoints | undefined)?.counts?.completed ?? 0;
}

function noCheckpoints({ connection }: FlinkApi): ValidationError {
  return new ValidationError('The job makes no checkpoints: what it did is lost when it restarts.', {
    where: connection,
    fix: "Enable them in the job, or by settings: { 'execution.checkpointing.interval': '10 s' }; or say checkpoints: 0.",
  });
}
