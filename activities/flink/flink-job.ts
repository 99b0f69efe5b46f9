import { createHash } from 'node:crypto';
import type { Cost } from '../../sdk/index.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { workFailed } from '../outside/work-failed.js';
import type { FlinkApi } from './flink-api.js';
import { flinkError } from './flink-error.js';
import { type Health, healthOf } from './health.js';
import type { JobDetails } from './job-details.js';
import type { Streaming } from './steps.js';

/** A job, by Flink's id. */
export interface Handle {
  readonly job: string;
}

/** How a job is that was followed. */
export interface JobResult {
  readonly state: 'FINISHED' | 'RUNNING';
  readonly rows?: number;
  readonly bytes?: number;
}

/** Flink takes an id of ours, and refuses a second job under it while it knows the first. */
export function jobId(outsideId: string): string {
  return createHash('sha256').update(outsideId).digest('hex').slice(0, 32);
}

/** A job of a session cluster, which is followed to its end, or until it is healthy. */
export class FlinkJob implements OutsideWork<Handle, JobResult> {
  readonly system = 'Flink';
  readonly connection: string;

  constructor(
    private readonly api: FlinkApi,
    /** Begins the job under this id. A job that is there already under it is none of its errors. */
    private readonly begin: (job: string, signal: AbortSignal) => Promise<void>,
    private readonly streaming: Streaming | undefined,
  ) {
    this.connection = api.connection;
  }

  async find(id: string, signal: AbortSignal): Promise<Handle | undefined> {
    const job = jobId(id);
    return (await this.read(job, signal)) && { job };
  }

  async submit(id: string, signal: AbortSignal): Promise<Handle> {
    const job = jobId(id);
    await this.begin(job, signal);
    return { job };
  }

  link({ job }: Handle): string {
    return `${this.api.url}/#/job/running/${job}/overview`;
  }

  async look({ job }: Handle, signal: AbortSignal): Promise<Look<JobResult> | undefined> {
    const details = await this.read(job, signal);
    if (details === undefined) return undefined;
    if (details.state === 'FINISHED') return { state: 'SUCCEEDED', result: { state: 'FINISHED', ...(await this.counts(job, signal)) }, cost: costOf(details) };
    if (details.state === 'FAILED') return { state: 'FAILED', error: flinkError(this.connection, await this.exception(job, signal)) };
    if (details.state === 'CANCELED') return { state: 'FAILED', error: workFailed('Flink', this.connection, 'somebody cancelled the job'), isStopped: true };
    const health = await healthOf(this.api, details, this.streaming, signal);
    if (health.problem !== undefined) {
      await this.cancel({ job }, signal);
      return { state: 'FAILED', error: health.problem };
    }
    return health.isHealthy ? { state: 'SUCCEEDED', result: { state: 'RUNNING' } } : { state: 'RUNNING', progress: progressOf(details, health) };
  }

  async cancel({ job }: Handle, signal: AbortSignal): Promise<void> {
    // 409: it has ended.
    await this.api.ask({ method: 'PATCH', path: `jobs/${job}`, query: { mode: 'cancel' }, expected: [404, 409], signal });
  }

  private async read(job: string, signal: AbortSignal): Promise<JobDetails | undefined> {
    const { status, json } = await this.api.ask({ path: `jobs/${job}`, expected: [404], has: 'state', signal });
    return status === 404 ? undefined : (json as JobDetails);
  }

  private async exception(job: string, signal: AbortSignal): Promise<string> {
    const { json } = await this.api.ask({ path: `jobs/${job}/exceptions`, query: { maxExceptions: 1 }, expected: [404], signal });
    const { exceptionHistory: history } = (json ?? {}) as { exceptionHistory?: { entries?: { stacktrace?: string }[] } };
    return history?.entries?.[0]?.stacktrace ?? '';
  }

  /** A job may count what it did, in accumulators of these names. */
  private async counts(job: string, signal: AbortSignal): Promise<Pick<JobResult, 'rows' | 'bytes'>> {
    const { json } = await this.api.ask({ path: `jobs/${job}/accumulators`, expected: [404], signal });
    const all = (json as { 'user-task-accumulators'?: { name: string; value: string }[] } | undefined)?.['user-task-accumulators'] ?? [];
    const counted = all.filter(({ name, value }) => (name === 'rows' || name === 'bytes') && Number.isSafeInteger(Number(value)));
    return Object.fromEntries(counted.map(({ name, value }) => [name, Number(value)]));
  }
}

/** Flink's own counters of bytes and rows are those between its tasks: of one chained task they are 0, whatever it read. */
function costOf({ duration }: JobDetails): Cost | undefined {
  return duration === undefined ? undefined : { wallSeconds: duration / 1_000 };
}

function progressOf({ state, 'status-counts': tasks }: JobDetails, { checkpoints }: Health): unknown {
  const counted = Object.fromEntries(Object.entries(tasks ?? {}).filter(([, count]) => count > 0));
  return { state, tasks: counted, ...(checkpoints === undefined ? {} : { checkpoints }) };
}
