import type { Look, OutsideWork } from '../outside/outside-work.js';
import type { FlinkApi } from './flink-api.js';
import { errorsOf, flinkError } from './flink-error.js';
import { jobId } from './flink-job.js';
import type { StopInput } from './steps.js';

/** A request to stop a job: Flink takes an id of ours for it, too. 'none' when there is no job to stop. */
export interface Handle {
  readonly trigger: string;
}

interface SavepointStatus {
  status?: { id?: string };
  operation?: { location?: string; 'failure-cause'?: { class?: string; 'stack-trace'?: string } };
}

const ended = ['FINISHED', 'CANCELED', 'FAILED'];
const none: Handle = { trigger: 'none' };

/** Stops a job with a savepoint, once, and gives the savepoint's place. */
export class StopJob implements OutsideWork<Handle, string | undefined> {
  readonly system = 'Flink';
  readonly connection: string;

  constructor(
    private readonly api: FlinkApi,
    private readonly stop: StopInput['stop'],
  ) {
    this.connection = api.connection;
  }

  async find(id: string, signal: AbortSignal): Promise<Handle | undefined> {
    const trigger = jobId(id);
    return (await this.read(trigger, signal)) && { trigger };
  }

  async submit(id: string, signal: AbortSignal): Promise<Handle> {
    const { job, savepoints, drain } = this.stop;
    if (!(await this.isThere(signal))) return none;
    const trigger = jobId(id);
    const body = { triggerId: trigger, targetDirectory: savepoints, drain };
    const { status, json } = await this.api.ask({ method: 'POST', path: `jobs/${job}/stop`, body, expected: [400, 404, 409], signal });
    if (status === 404 || status === 409) return none;
    if (status === 400) throw flinkError(this.connection, errorsOf(json));
    return { trigger };
  }

  link(): string {
    return `${this.api.url}/#/job/completed/${this.stop.job}/overview`;
  }

  async look({ trigger }: Handle, signal: AbortSignal): Promise<Look<string | undefined> | undefined> {
    if (trigger === none.trigger) return { state: 'SUCCEEDED', result: undefined };
    const savepoint = await this.read(trigger, signal);
    if (savepoint === undefined) return undefined;
    const { location, 'failure-cause': failure } = savepoint.operation ?? {};
    if (failure !== undefined) return { state: 'FAILED', error: flinkError(this.connection, failure['stack-trace'] ?? failure.class ?? '') };
    return savepoint.status?.id === 'COMPLETED' ? { state: 'SUCCEEDED', result: location } : { state: 'RUNNING', progress: 'makes the savepoint' };
  }

  /** A savepoint that is being made cannot be called back. */
  async cancel(): Promise<void> {}

  private async isThere(signal: AbortSignal): Promise<boolean> {
    const { status, json } = await this.api.ask({ path: `jobs/${this.stop.job}`, expected: [404], has: 'state', signal });
    return status !== 404 && !ended.includes((json as { state: string }).state);
  }

  private async read(trigger: string, signal: AbortSignal): Promise<SavepointStatus | undefined> {
    const { status, json } = await this.api.ask({ path: `jobs/${this.stop.job}/savepoints/${trigger}`, expected: [404], has: 'status', signal });
    return status === 404 ? undefined : (json as SavepointStatus);
  }
}
