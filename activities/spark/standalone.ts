import { type Cost, RetryLater, ValidationError } from '../../sdk/index.js';
import type { Look, OutsideWork } from '../outside/outside-work.js';
import { sumCosts } from '../outside/sum-costs.js';
import { failureOf } from './failure.js';
import type { Driver, Master, MasterState } from './master.js';
import { type Input, submitWords } from './submission.js';

export interface DriverHandle {
  readonly driver: string;
}

interface Order<Result> {
  readonly input: Input;
  readonly environment: (id: string) => Readonly<Record<string, string>>;
  /** Whether nobody can have begun the work before. */
  readonly fresh: boolean;
  readonly result: (id: string) => Promise<Result>;
}

/** The class that a driver of ours runs: spark-submit itself, for jars and Python alike. */
const mainClass = 'org.apache.spark.deploy.SparkSubmit';
const running = new Set(['SUBMITTED', 'RUNNING', 'RELAUNCHING', 'UNKNOWN']);
/** Bytes of a driver's log: its head tells the command that it was launched with, its end why it failed. */
const head = 16_384;
const tail = 65_536;

/**
 * A driver on a standalone cluster. The master gives drivers ids of its own, and would run the same submission twice: one of ours is found by the name that stands in
 * the command with which its worker launched it.
 */
export class StandaloneWork<Result> implements OutsideWork<DriverHandle & { id: string }, Result> {
  readonly system = 'Spark';
  readonly connection: string;
  private fresh: boolean;

  constructor(
    private readonly master: Master,
    private readonly order: Order<Result>,
  ) {
    this.connection = master.name;
    this.fresh = order.fresh;
  }

  async find(id: string, signal: AbortSignal) {
    const state = await this.alive(signal);
    const drivers = [...state.activedrivers, ...state.completeddrivers].filter((it) => it.mainclass === mainClass);
    for (const driver of drivers.sort((a, b) => (a.id < b.id ? 1 : -1))) {
      if (await this.isNamed(driver, id, state, signal)) return { driver: driver.id, id };
    }
    const waiting = drivers.some(({ state: it }) => it === 'SUBMITTED');
    // One that waits for a worker has no log yet, and may be the one.
    if (waiting && !this.fresh) throw new RetryLater(`A driver that waits on '${this.connection}' may be this one.`, { after: 1_000 });
    this.fresh = false;
    return undefined;
  }

  async submit(id: string, signal: AbortSignal) {
    this.fresh = false;
    const { url } = await this.alive(signal);
    const answer = await this.master.create(this.body(id, url), signal);
    if (answer.success !== true || answer.submissionId === undefined)
      throw new ValidationError(`Spark on '${this.connection}' refuses the job: ${answer.message}`, { where: this.connection });
    return { driver: answer.submissionId, id };
  }

  link(): string {
    return this.master.connection.ui;
  }

  async look({ driver, id }: DriverHandle & { id: string }, signal: AbortSignal): Promise<Look<Result> | undefined> {
    const status = await this.master.status(driver, signal);
    if (status === undefined) return undefined;
    const { driverState = 'UNKNOWN', message = '' } = status;
    if (running.has(driverState)) return { state: 'RUNNING', progress: { driver, state: driverState } };
    if (driverState === 'FINISHED') return { state: 'SUCCEEDED', result: await this.order.result(id), cost: await this.cost(id, signal) };
    const said = driverState === 'KILLED' ? '' : await this.lastWords(driver, status.workerId, signal);
    const error = failureOf(this.connection, `${message}\n${said}`, `the driver ${driver} ended ${driverState}`);
    return { state: 'FAILED', error, isStopped: driverState === 'KILLED' };
  }

  async cancel({ driver }: DriverHandle, signal: AbortSignal): Promise<void> {
    await this.master.kill(driver, signal);
  }

  /** Of its executors. They are known by the application's name, which a job may change, and for as long as the master keeps ended ones. */
  private async cost(id: string, signal: AbortSignal): Promise<Cost | undefined> {
    // It is worth having, and that the job succeeded is known without.
    const state = await this.master.state(signal).catch(() => undefined);
    const own = (state?.completedapps ?? []).filter(({ name }) => name === id);
    const isSteady = this.order.input.conf['spark.dynamicAllocation.enabled'] !== 'true';
    return sumCosts(
      own.map(({ cores, duration }) => ({ wallSeconds: duration / 1_000, ...(isSteady && cores > 0 ? { coreSeconds: (cores * duration) / 1_000 } : {}) })),
    );
  }

  private async alive(signal: AbortSignal): Promise<MasterState> {
    const state = await this.master.state(signal);
    if (state.status !== 'ALIVE') throw this.master.unreachable(`its master is ${state.status}`);
    return state;
  }

  private async isNamed(driver: Driver, id: string, state: MasterState, signal: AbortSignal): Promise<boolean> {
    const worker = state.workers.find((it) => it.id === driver.worker && it.state === 'ALIVE');
    const said = worker && (await this.master.log(worker.webuiaddress, driver.id, 'stderr', { offset: 0, length: head }, signal));
    return said?.includes(`"-Dspark.app.name=${id}"`) === true;
  }

  private async lastWords(driver: string, workerId: string | undefined, signal: AbortSignal): Promise<string> {
    const { workers } = await this.master.state(signal);
    const worker = workers.find(({ id }) => id === workerId);
    if (worker === undefined) return '';
    // Spark's own words, and then Python's. They are worth having, and that it failed is known without.
    const read = (type: 'stdout' | 'stderr') => this.master.log(worker.webuiaddress, driver, type, { length: tail }, signal).catch(() => '');
    return [await read('stderr'), await read('stdout')].join('\n');
  }

  private body(id: string, master: string) {
    const { input, environment } = this.order;
    return {
      action: 'CreateSubmissionRequest',
      clientSparkVersion: 'headrace',
      appResource: '',
      mainClass,
      appArgs: submitWords(id, master, input),
      environmentVariables: { SPARK_ENV_LOADED: '1', ...environment(id) },
      sparkProperties: {
        'spark.app.name': id,
        'spark.master': master,
        'spark.submit.deployMode': 'cluster',
        'spark.driver.cores': String(input.driver.cores),
        'spark.driver.memory': input.driver.memory,
        'spark.driver.supervise': 'false',
      },
    };
  }
}
