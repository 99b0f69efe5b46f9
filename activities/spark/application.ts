import type { HeadraceError } from '../../sdk/index.js';
import type { Cluster } from '../kubernetes/cluster.js';
import { type CustomObject, CustomResource, handleOf } from '../kubernetes/custom-resource.js';
import { type Owner, ownership } from '../kubernetes/job.js';
import type { JobHandle } from '../kubernetes/job-work.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { workFailed } from '../outside/work-failed.js';
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
interface SparkApplication extends CustomObject {
  readonly metadata: CustomObject['metadata'] & { readonly creationTimestamp: string };
  readonly status?: { applicationState?: { state?: string; errorMessage?: string }; driverInfo?: { podName?: string; webUIIngressAddress?: string } };
}

const kind = { group: 'sparkoperator.k8s.io', version: 'v1beta2', plural: 'sparkapplications', kind: 'SparkApplication', operator: 'the Spark operator' };
/** Seconds for which the operator keeps an application that has ended. */
const kept = 86_400;

/** A SparkApplication of the Kubeflow Spark operator, named by the outside id. */
export class ApplicationWork<Result> implements OutsideWork<JobHandle, Result> {
  readonly system = 'Spark';
  readonly connection: string;

  private readonly applications: CustomResource<SparkApplication>;

  constructor(
    cluster: Cluster,
    private readonly order: Order<Result>,
  ) {
    this.connection = cluster.name;
    this.applications = new CustomResource(cluster, kind);
  }

  async find(id: string, signal: AbortSignal): Promise<JobHandle | undefined> {
    const found = await this.applications.read(id, signal);
    return found && handleOf(found);
  }

  async submit(id: string, signal: AbortSignal): Promise<JobHandle> {
    return handleOf(await this.applications.create({ name: id, ...ownership(this.order.owner) }, specOf(id, this.order), signal));
  }

  link(): undefined {
    return undefined; // the API has no page for people
  }

  async look(handle: JobHandle, signal: AbortSignal): Promise<Look<Result> | undefined> {
    const application = await this.applications.readOwn(handle, signal);
    if (application === undefined) return undefined;
    const { state = 'NEW', errorMessage = '' } = application.status?.applicationState ?? {};
    if (state === 'COMPLETED') return { state: 'SUCCEEDED', result: await this.order.result(handle.name) };
    if (state === 'FAILED' || state === 'SUBMISSION_FAILED') return { state: 'FAILED', error: this.failed(state, errorMessage) };
    if (state === 'NEW' && this.isLate(application)) {
      await this.cancel(handle, signal); // else it might start later, beside its successor
      return { state: 'FAILED', error: this.notTakenUp() };
    }
    return { state: 'RUNNING', progress: { state, pod: application.status?.driverInfo?.podName } };
  }

  async cancel(handle: JobHandle, signal: AbortSignal): Promise<void> {
    await this.applications.remove(handle, signal);
  }

  private isLate({ metadata }: SparkApplication): boolean {
    return Date.now() - Date.parse(metadata.creationTimestamp) >= this.order.on.startWithinSeconds * 1_000;
  }

  private notTakenUp(): HeadraceError {
    const { startWithinSeconds } = this.order.on;
    return workFailed(
      'Spark',
      this.connection,
      `no operator took the SparkApplication up within ${startWithinSeconds} seconds: does one run, and watch its namespace?`,
    );
  }

  private failed(state: string, said: string): HeadraceError {
    return failureOf(this.connection, said, `the application ended ${state}`);
  }
}

function specOf<Result>(id: string, { on, input, environment }: Order<Result>) {
  const { application, mainClass, args, conf, driver, executor } = input;
  const env = Object.entries(environment(id)).map(([name, value]) => ({ name, value }));
  return {
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
  };
}
