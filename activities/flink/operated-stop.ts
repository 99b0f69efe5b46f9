import { Refused } from '../../sdk/index.js';
import type { Cluster } from '../kubernetes/cluster.js';
import { CustomResource, handleOf } from '../kubernetes/custom-resource.js';
import type { JobHandle } from '../kubernetes/job-work.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { workFailed } from '../outside/work-failed.js';
import { endedMark, type FlinkObject, kinds, operatorError } from './flink-object.js';
import type { Operated } from './operated-schema.js';

/** Which stop asked for it: what another one left in failure is asked for anew. */
const asked = 'headrace/stop';
/** Milliseconds for which an operator may try again before its error counts. */
const patience = 5 * 60_000;
const ended = ['FINISHED', 'CANCELED', 'FAILED'];
const none: Handle = { name: '', uid: '' };

interface Handle extends JobHandle {
  /** Told to go, and of no further interest. */
  readonly deleted?: true;
}

/** How a stop ended: with a savepoint's place, without a savepoint where there is no job in it, or with nothing to stop. */
export type Stopped = { readonly state: 'STOPPED'; readonly savepoint?: string } | { readonly state: 'GONE' };

/** Ends a job with a savepoint, by the operator: it is suspended, and its object stays. A session cluster, which has no job of its own, is deleted with its jobs. */
export class OperatedStop implements OutsideWork<Handle, Stopped> {
  readonly system = 'Flink';
  readonly connection: string;
  private readonly objects: CustomResource<FlinkObject>;
  private troubledSince: number | undefined;

  constructor(
    private readonly cluster: Cluster,
    { as }: Operated,
    private readonly name: string,
  ) {
    this.connection = cluster.name;
    this.objects = new CustomResource(cluster, kinds[as]);
  }

  async find(id: string, signal: AbortSignal): Promise<Handle | undefined> {
    const found = await this.objects.read(this.name, signal);
    return found?.metadata.annotations?.[asked] === id ? handleOf(found) : undefined;
  }

  async submit(id: string, signal: AbortSignal): Promise<Handle> {
    const found = await this.objects.read(this.name, signal);
    if (found === undefined || hasEnded(found)) return none;
    const handle = handleOf(found);
    if (found.spec.job === undefined) {
      await this.removeCluster(handle, signal);
      return { ...handle, deleted: true };
    }
    const suspended = { metadata: { annotations: { [asked]: id } }, spec: { job: { state: 'suspended', upgradeMode: 'savepoint' } } };
    return (await this.objects.change(handle, suspended, signal)) === undefined ? none : handle;
  }

  link(): undefined {
    return undefined; // a cluster of the job's own goes with it
  }

  async look(handle: Handle, signal: AbortSignal): Promise<Look<Stopped> | undefined> {
    if (handle.deleted === true) return { state: 'SUCCEEDED', result: { state: 'STOPPED' } };
    if (handle.name === none.name) return { state: 'SUCCEEDED', result: { state: 'GONE' } };
    const found = await this.objects.readOwn(handle, signal);
    if (found === undefined) return undefined;
    const { status: { jobStatus, lifecycleState, error = '' } = {} } = found;
    const savepoint = jobStatus?.upgradeSavepointPath ?? jobStatus?.savepointInfo?.lastSavepoint?.location;
    if (lifecycleState === 'SUSPENDED') return { state: 'SUCCEEDED', result: { state: 'STOPPED', ...(savepoint === undefined ? {} : { savepoint }) } };
    return this.trouble(error) ?? { state: 'RUNNING', progress: { state: jobStatus?.state, lifecycle: lifecycleState } };
  }

  /** A savepoint that is being made cannot be called back. */
  async cancel(): Promise<void> {}

  /** The operator keeps a cluster for as long as there are objects of its jobs, also of jobs that have ended. */
  private async removeCluster(handle: JobHandle, signal: AbortSignal): Promise<void> {
    const jobs = new CustomResource<FlinkObject>(this.cluster, kinds.session_job);
    const ofCluster = (await jobs.ours(signal)).filter(({ spec }) => spec.deploymentName === handle.name);
    for (const job of ofCluster) await jobs.remove(handleOf(job), signal);
    await this.objects.remove(handle, signal);
  }

  /** The operator goes on trying: what may pass is waited for. */
  private trouble(error: string): Look<never> | undefined {
    this.troubledSince = error === '' ? undefined : (this.troubledSince ?? Date.now());
    if (this.troubledSince === undefined) return undefined;
    const told = operatorError(this.connection, error);
    if (told instanceof Refused) return { state: 'FAILED', error: told };
    if (Date.now() - this.troubledSince < patience) return undefined;
    return { state: 'FAILED', error: workFailed('Flink', this.connection, `it could not be stopped: ${told.message}`) };
  }
}

/** What was suspended before is no end: its savepoint is told again. */
function hasEnded({ metadata, spec, status }: FlinkObject): boolean {
  if (metadata.annotations?.[endedMark] !== undefined) return true;
  return spec.job?.state !== 'suspended' && ended.includes(status?.jobStatus?.state ?? '');
}
