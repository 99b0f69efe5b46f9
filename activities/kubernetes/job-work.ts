import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { HeadraceError, Refused } from '../../sdk/index.js';
import type { StepLog } from '../../sdk/node/step-context.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { workFailed } from '../outside/work-failed.js';
import type { Cluster } from './cluster.js';
import { createOnce, stillLeaving } from './create-once.js';
import { statusOf, unlessMissing } from './failure.js';
import { filesManifest, type JobDescription, jobManifest, type Owner } from './job.js';
import { podCost } from './pod-cost.js';
import { disruption, hasBegun, jobEnd, type PodEnd, podEnd, waitsFor } from './pod-end.js';
import { PodLog } from './pod-log.js';

/** A Job, and not another of its name. */
export interface JobHandle {
  readonly name: string;
  readonly uid: string;
}

export interface JobOrder<Result> {
  readonly describe: () => JobDescription | Promise<JobDescription>;
  readonly owner: Owner;
  readonly log: StepLog;
  /** Milliseconds in which its container must have started. */
  readonly startWithin: number;
  /** Takes each line that the container prints. */
  readonly onLine: (line: string) => void;
  /** What the end of its process stands for. @throws HeadraceError where it stands for a failure */
  readonly judge: (end: PodEnd) => Result;
}

/** A Job of Kubernetes with one pod, whose name is the outside id: creating it twice is refused by the cluster itself. */
export class JobWork<Result> implements OutsideWork<JobHandle, Result> {
  readonly system = 'Kubernetes';
  readonly connection: string;
  private readonly printed: PodLog;
  private deaf = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly order: JobOrder<Result>,
  ) {
    this.connection = cluster.name;
    this.printed = new PodLog(cluster, order.onLine);
  }

  async find(id: string, signal: AbortSignal): Promise<JobHandle | undefined> {
    const job = await this.read(id, signal);
    if (job === undefined || job.metadata?.deletionTimestamp !== undefined) return undefined;
    if (jobEnd(job) === undefined) await this.giveFiles(job, await this.order.describe(), signal);
    return handleOf(job);
  }

  async submit(id: string, signal: AbortSignal): Promise<JobHandle> {
    const { namespace } = this.cluster;
    const description = await this.order.describe();
    const body = jobManifest(id, description, this.order.owner);
    const job = await createOnce(this.cluster, {
      kind: 'Job',
      name: id,
      create: () => this.cluster.ask('create the Job', signal, ({ batch }) => batch.createNamespacedJob({ namespace, body })),
      read: () => this.read(id, signal),
    });
    await this.giveFiles(job, description, signal);
    return handleOf(job);
  }

  link(): undefined {
    return undefined; // the API has no page for people
  }

  async look(handle: JobHandle, signal: AbortSignal): Promise<Look<Result> | undefined> {
    const job = await this.read(handle.name, signal);
    if (job?.metadata?.uid !== handle.uid) return undefined;
    if (job.metadata.deletionTimestamp !== undefined) throw stillLeaving(this.cluster, 'Job', handle.name);
    const pod = await this.pod(handle, signal);
    const end = jobEnd(job);
    if (pod !== undefined && hasBegun(pod)) await this.listen(pod, end !== undefined, signal);
    if (end !== undefined) return this.outcome(end, pod);
    if (pod !== undefined && hasBegun(pod)) return { state: 'RUNNING', progress: { phase: 'Running', pod: pod.metadata?.name } };
    return this.whileItWaits(handle, job, pod, signal);
  }

  async cancel({ name, uid }: JobHandle, signal: AbortSignal): Promise<void> {
    const { namespace } = this.cluster;
    // The Job stays until its pod has ended: whoever begins it anew sees by it that something still runs.
    const body = { preconditions: { uid }, propagationPolicy: 'Foreground' };
    await this.cluster
      .ask('delete the Job', signal, ({ batch }) => unlessMissing(batch.deleteNamespacedJob({ name, namespace, body })))
      .catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error; // another Job has its name by now
      });
  }

  private outcome(end: { succeeded: boolean; reason: string; message: string }, pod: V1Pod | undefined): Look<Result> {
    try {
      if (end.reason === 'DeadlineExceeded') throw this.failed('the Job took longer than the step may, and Kubernetes ended it');
      const disrupted = end.succeeded ? undefined : disruption(pod);
      if (disrupted !== undefined) throw this.failed(disrupted);
      const ended = podEnd(pod);
      if (ended === undefined) throw this.failed(`the Job ended and nobody has seen how its container did: ${end.reason} ${end.message}`);
      return { state: 'SUCCEEDED', result: this.order.judge(ended), cost: podCost(pod) };
    } catch (error) {
      if (error instanceof HeadraceError) return { state: 'FAILED', error };
      throw error;
    }
  }

  private async whileItWaits(handle: JobHandle, job: V1Job, pod: V1Pod | undefined, signal: AbortSignal): Promise<Look<Result>> {
    const waits = waitsFor(pod);
    const since = job.metadata?.creationTimestamp?.getTime() ?? Date.now();
    if (!waits.hopeless && Date.now() - since < this.order.startWithin) return { state: 'RUNNING', progress: { phase: 'Pending', reason: waits.reason } };
    const reason = pod === undefined ? ((await this.complaint(handle, signal)) ?? waits.reason) : waits.reason;
    await this.cancel(handle, signal); // else it might start later, beside its successor
    return { state: 'FAILED', error: this.failed(`the Job could not start: ${reason}`) };
  }

  /** Why the cluster made no pod, such as a quota. */
  private async complaint({ uid }: JobHandle, signal: AbortSignal): Promise<string | undefined> {
    const { namespace } = this.cluster;
    const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
    const events = await this.cluster
      .ask("list the Job's events", signal, ({ core }) => core.listNamespacedEvent({ namespace, fieldSelector }))
      .catch(() => undefined); // a right that a worker can do without
    return events?.items.at(-1)?.message;
  }

  private failed(said: string): HeadraceError {
    return workFailed(this.system, this.connection, said);
  }

  /** A log is worth having, and no reason to give up work that runs. */
  private async listen(pod: V1Pod, ended: boolean, signal: AbortSignal): Promise<void> {
    try {
      await this.printed.readOn(pod.metadata?.name ?? '', ended, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!this.deaf) this.order.log.warn(`What the Job prints cannot be read: ${(error as Error).message}`);
      this.deaf = true;
    }
  }

  private read(name: string, signal: AbortSignal): Promise<V1Job | undefined> {
    const { namespace } = this.cluster;
    return this.cluster.ask('read the Job', signal, ({ batch }) => unlessMissing(batch.readNamespacedJob({ name, namespace })));
  }

  private async pod({ uid }: JobHandle, signal: AbortSignal): Promise<V1Pod | undefined> {
    const { namespace } = this.cluster;
    const labelSelector = `batch.kubernetes.io/controller-uid=${uid}`;
    const { items } = await this.cluster.ask("list the Job's pods", signal, ({ core }) => core.listNamespacedPod({ namespace, labelSelector }));
    return items[0];
  }

  /** The pod waits for its files. They are made after the Job, whose going takes them along. */
  private async giveFiles(job: V1Job, { files }: JobDescription, signal: AbortSignal): Promise<void> {
    if (Object.keys(files).length === 0) return;
    const { namespace } = this.cluster;
    const body = filesManifest(job, files);
    await this.cluster
      .ask("create the Job's ConfigMap", signal, ({ core }) => core.createNamespacedConfigMap({ namespace, body }))
      .catch(async (error: unknown) => {
        if (statusOf(error) === 409) return;
        // No attempt comes after a refusal, and the pod would wait for its files.
        if (error instanceof Refused) await this.cancel(handleOf(job), signal);
        throw error;
      });
  }
}

function handleOf({ metadata }: V1Job): JobHandle {
  return { name: metadata?.name ?? '', uid: metadata?.uid ?? '' };
}
