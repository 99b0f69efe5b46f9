import type { HeadraceError } from '../../sdk/index.js';
import type { Cluster } from '../kubernetes/cluster.js';
import { statusOf, unlessMissing } from '../kubernetes/failure.js';
import { type Owner, ownership } from '../kubernetes/job.js';
import type { JobHandle } from '../kubernetes/job-work.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { failureOf } from './failure.js';
import { type Input, isPython } from './submission.js';

type On = Extract<Input['on'], { as: 'application' }>;

interface Order<Result> {
  readonly on: On;
  readonly input: Input;
  readonly owner: Owner;
  readonly environment: (id: string) => Readonly<Record<string, string>>;
  readonly result: (id: string) => Promise<Result>;
}

/** What the operator writes of an application, as far as it is used. */
interface SparkApplication {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  status?: { applicationState?: { state?: string; errorMessage?: string }; driverInfo?: { podName?: string; webUIIngressAddress?: string } };
}

const kind = { group: 'sparkoperator.k8s.io', version: 'v1beta2', plural: 'sparkapplications' };
/** Seconds for which the operator keeps an application that has ended. */
const kept = 86_400;

/** A SparkApplication of the Kubeflow Spark operator, named by the outside id. */
export class ApplicationWork<Result> implements OutsideWork<JobHandle, Result> {
  readonly system = 'Spark';
  readonly connection: string;

  constructor(
    private readonly cluster: Cluster,
    private readonly order: Order<Result>,
  ) {
    this.connection = cluster.name;
  }

  async find(id: string, signal: AbortSignal): Promise<JobHandle | undefined> {
    const found = await this.read(id, signal);
    return found === undefined || found.metadata.deletionTimestamp !== undefined ? undefined : handleOf(found);
  }

  async submit(id: string, signal: AbortSignal): Promise<JobHandle> {
    const { namespace } = this.cluster;
    const body = manifest(id, this.order);
    const made = await this.cluster
      .ask(
        'create the SparkApplication',
        signal,
        ({ custom }) => custom.createNamespacedCustomObject({ ...kind, namespace, body }) as Promise<SparkApplication>,
      )
      .catch(async (error: unknown) => {
        const theirs = statusOf(error) === 409 ? await this.read(id, signal) : undefined;
        if (theirs === undefined) throw error;
        return theirs;
      });
    return handleOf(made);
  }

  link(): undefined {
    return undefined; // the API has no page for people
  }

  async look({ name, uid }: JobHandle, signal: AbortSignal): Promise<Look<Result> | undefined> {
    const application = await this.read(name, signal);
    if (application?.metadata.uid !== uid) return undefined;
    const { state = 'NEW', errorMessage = '' } = application.status?.applicationState ?? {};
    if (state === 'COMPLETED') return { state: 'SUCCEEDED', result: await this.order.result(name) };
    if (state === 'FAILED' || state === 'SUBMISSION_FAILED') return { state: 'FAILED', error: this.failed(state, errorMessage) };
    return { state: 'RUNNING', progress: { state, pod: application.status?.driverInfo?.podName } };
  }

  async cancel({ name, uid }: JobHandle, signal: AbortSignal): Promise<void> {
    const { namespace } = this.cluster;
    const body = { preconditions: { uid }, propagationPolicy: 'Background' };
    await this.cluster
      .ask('delete the SparkApplication', signal, ({ custom }) => unlessMissing(custom.deleteNamespacedCustomObject({ ...kind, namespace, name, body })))
      .catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error; // another has its name by now
      });
  }

  private failed(state: string, said: string): HeadraceError {
    return failureOf(this.connection, said, `the application ended ${state}`);
  }

  private read(name: string, signal: AbortSignal): Promise<SparkApplication | undefined> {
    const { namespace } = this.cluster;
    return this.cluster.ask('read the SparkApplication', signal, ({ custom }) =>
      unlessMissing(custom.getNamespacedCustomObject({ ...kind, namespace, name }) as Promise<SparkApplication>),
    );
  }
}

function handleOf({ metadata: { name, uid } }: SparkApplication): JobHandle {
  return { name, uid };
}

function manifest<Result>(id: string, { on, input, owner, environment }: Order<Result>) {
  const { application, mainClass, args, conf, driver, executor } = input;
  const env = Object.entries(environment(id)).map(([name, value]) => ({ name, value }));
  return {
    apiVersion: `${kind.group}/${kind.version}`,
    kind: 'SparkApplication',
    metadata: { name: id, ...ownership(owner) },
    spec: {
      type: isPython(application) ? 'Python' : 'Scala',
      mode: 'cluster',
      sparkVersion: on.sparkVersion,
      image: on.image,
      mainApplicationFile: application,
      ...(mainClass === undefined ? {} : { mainClass }),
      arguments: args,
      sparkConf: conf,
      restartPolicy: { type: 'Never' }, // the step's own retries decide
      timeToLiveSeconds: kept,
      driver: { ...driver, env, ...(on.serviceAccount === undefined ? {} : { serviceAccount: on.serviceAccount }) },
      executor,
    },
  };
}
