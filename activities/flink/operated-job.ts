import { Refused } from '../../sdk/index.js';
import type { Cluster } from '../kubernetes/cluster.js';
import { CustomResource, handleOf } from '../kubernetes/custom-resource.js';
import { type Owner, ownership } from '../kubernetes/job.js';
import type { JobHandle } from '../kubernetes/job-work.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { workFailed } from '../outside/work-failed.js';
import { endedMark, type FlinkObject, kinds, operatorError } from './flink-object.js';
import type { Operated, OperatedRun } from './operated-schema.js';
import { specOf, specOfEnded } from './operated-spec.js';

interface Order {
  readonly on: Operated;
  readonly run: OperatedRun;
  readonly owner: Owner;
  /** Seconds for which a job that never ends is to be seen running; undefined for one that ends. */
  readonly steadyFor: number | undefined;
}

/** A job or a session cluster that the Flink Kubernetes operator carries out: an object that is named by the outside id. */
export class OperatedJob implements OutsideWork<JobHandle, 'FINISHED' | 'RUNNING'> {
  readonly system = 'Flink';
  readonly connection: string;
  private readonly objects: CustomResource<FlinkObject>;
  private steadySince: number | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly order: Order,
  ) {
    this.connection = cluster.name;
    this.objects = new CustomResource(cluster, kinds[order.on.as]);
  }

  async find(id: string, signal: AbortSignal): Promise<JobHandle | undefined> {
    const found = await this.objects.read(id, signal);
    return found && handleOf(found);
  }

  async submit(id: string, signal: AbortSignal): Promise<JobHandle> {
    const { owner, run, steadyFor } = this.order;
    return handleOf(await this.objects.create({ name: id, ...ownership(owner) }, specOf(run, steadyFor === undefined), signal));
  }

  link({ name }: JobHandle): string | undefined {
    return linkOf(this.order.on, this.cluster.namespace, 'cluster' in this.order.run ? this.order.run.cluster : name);
  }

  async look(handle: JobHandle, signal: AbortSignal): Promise<Look<'FINISHED' | 'RUNNING'> | undefined> {
    const found = await this.objects.readOwn(handle, signal);
    if (found === undefined) return undefined;
    const { error = '', jobStatus: { state = 'not begun' } = {} } = found.status ?? {};
    if (found.metadata.annotations?.[endedMark] !== undefined) return { state: 'SUCCEEDED', result: 'FINISHED' };
    if (state === 'FAILED') return { state: 'FAILED', error: operatorError(this.connection, error) };
    // The operator says FINISHED of a job that was stopped with a savepoint, too.
    if (found.spec.job?.state === 'suspended') return this.failed('somebody suspended the job');
    if (state === 'FINISHED') return this.markEnded(handle, signal);
    if (state === 'CANCELED') return this.failed('somebody cancelled the job', true);
    const hopeless = hasBegun(found.status ?? {}) ? this.whyItIsLost(found) : this.whyItCannotStart(found);
    if (hopeless !== undefined) {
      await this.cancel(handle, signal); // else it might start later, beside its successor
      return hopeless;
    }
    return this.isHealthy(found) ? { state: 'SUCCEEDED', result: 'RUNNING' } : { state: 'RUNNING', progress: progressOf(found) };
  }

  async cancel(handle: JobHandle, signal: AbortSignal): Promise<void> {
    await this.objects.remove(handle, signal);
  }

  /** The operator's status may forget it: a later attempt reads our mark. */
  private async markEnded(handle: JobHandle, signal: AbortSignal): Promise<Look<'FINISHED'>> {
    await this.objects.change(handle, { metadata: { annotations: { [endedMark]: 'FINISHED' } }, spec: specOfEnded(this.order.run) }, signal);
    return { state: 'SUCCEEDED', result: 'FINISHED' };
  }

  private whyItCannotStart({ metadata, status = {} }: FlinkObject): Look<never> | undefined {
    const { error = '', jobManagerDeploymentStatus: deployment = 'MISSING' } = status;
    const told = error === '' ? undefined : operatorError(this.connection, error);
    if (told !== undefined && (deployment === 'ERROR' || told instanceof Refused)) return { state: 'FAILED', error: told };
    const { startWithinSeconds } = this.order.run;
    if (Date.now() - Date.parse(metadata.creationTimestamp) < startWithinSeconds * 1_000) return undefined;
    return this.failed(`it did not start within ${startWithinSeconds} seconds: ${told?.message ?? `its JobManager is ${deployment}`}`);
  }

  /** A JobManager of a job that ends is not begun anew by the operator: the step's own retries decide. */
  private whyItIsLost({ status = {} }: FlinkObject): Look<never> | undefined {
    const { on, run, steadyFor } = this.order;
    const isBegunOnce = on.as === 'deployment' && !('session' in run) && steadyFor === undefined;
    return isBegunOnce && status.jobManagerDeploymentStatus === 'MISSING' ? this.failed('its JobManager is gone') : undefined;
  }

  private isHealthy({ status = {} }: FlinkObject): boolean {
    if ('session' in this.order.run) return hasBegun(status);
    const { steadyFor } = this.order;
    const runs = status.jobStatus?.state === 'RUNNING' && status.lifecycleState === 'STABLE';
    this.steadySince = runs ? (this.steadySince ?? Date.now()) : undefined;
    return steadyFor !== undefined && this.steadySince !== undefined && Date.now() - this.steadySince >= steadyFor * 1_000;
  }

  private failed(said: string, isStopped = false): Look<never> {
    return { state: 'FAILED', error: workFailed('Flink', this.connection, said), isStopped };
  }
}

/** Whether the operator has seen it as it is meant to be, however it is by now. */
function hasBegun({ reconciliationStatus }: NonNullable<FlinkObject['status']>): boolean {
  return (reconciliationStatus?.lastStableSpec ?? '') !== '';
}

function progressOf({ status: { jobStatus, lifecycleState, jobManagerDeploymentStatus } = {} }: FlinkObject): unknown {
  return { state: jobStatus?.state, lifecycle: lifecycleState, jobManager: jobManagerDeploymentStatus, job: jobStatus?.jobId };
}

function linkOf({ page }: Operated, namespace: string, name: string): string | undefined {
  return page?.replaceAll('{{namespace}}', namespace).replaceAll('{{name}}', name);
}
