import { setTimeout as wait } from 'node:timers/promises';
import { BinaryProcess, bundleOf } from '../../faults/binary-process.js';

const pauseBeforeRestart = 1_000;

/** A process that is started again whenever it ends, as a supervisor does it. */
export class Service {
  private process: BinaryProcess;
  private wanted = true;
  private expected = false;
  private readonly supervised: Promise<void>;
  /** What processes before this one printed last. */
  private past = '';

  constructor(
    readonly name: string,
    private readonly parameters: readonly string[],
    private readonly environment: NodeJS.ProcessEnv,
    private readonly note: (message: string) => void,
  ) {
    this.process = this.launch();
    this.supervised = this.supervise();
  }

  get pid(): number {
    return this.process.pid;
  }

  /** The end of what it printed, also before it was last started anew. */
  get output(): string {
    return (this.past + this.process.output).slice(-4_000);
  }

  async kill(): Promise<void> {
    this.expected = true;
    await this.process.kill();
  }

  /** Stands still for some milliseconds. */
  async freeze(lasts: number): Promise<void> {
    const frozen = this.process;
    frozen.freeze();
    await wait(lasts);
    frozen.thaw();
  }

  /** SIGTERM: it drains, and another one takes its place. */
  async replace(): Promise<void> {
    this.expected = true;
    await this.process.stop();
  }

  async end(): Promise<void> {
    this.wanted = false;
    this.process.thaw();
    await this.process.kill();
    await this.supervised;
  }

  private launch(): BinaryProcess {
    this.expected = false;
    return new BinaryProcess(this.parameters, this.environment);
  }

  private async supervise(): Promise<void> {
    while (this.wanted) {
      const code = await this.process.exited;
      if (!this.wanted) return;
      if (!this.expected) this.note(`${this.name} ended by itself (${code}):\n${this.process.output.slice(-1_500)}`);
      this.past = this.process.output.slice(-2_000);
      await wait(pauseBeforeRestart);
      if (this.wanted) this.process = this.launch();
    }
  }
}

export interface Fleet {
  workers: Service[];
  apis: Service[];
  /** Of the APIs. */
  urls: string[];
  end(): Promise<void>;
}

/** Two workers and two APIs, each with a projector and a relay of its own. */
export async function startFleet(pipelines: string, environment: NodeJS.ProcessEnv, ports: readonly number[], note: (message: string) => void): Promise<Fleet> {
  const bundle = await bundleOf(pipelines);
  const workers = [1, 2].map((number) => new Service(`worker ${number}`, ['worker', pipelines, '--bundle', bundle], environment, note));
  const apis = ports.map((port, index) => new Service(`api ${index + 1}`, ['api', pipelines, '--port', String(port)], environment, note));
  const all = [...workers, ...apis];
  return { workers, apis, urls: ports.map((port) => `http://127.0.0.1:${port}`), end: async () => void (await Promise.all(all.map((it) => it.end()))) };
}
