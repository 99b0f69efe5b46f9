import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leash } from '../../worker/dev/leash.js';
import type { Ground } from './ground.js';
import { until } from './until.js';

/** The binary, as it is shipped: test/run.mjs builds it before the tests. */
export const binary = fileURLToPath(new URL('../../dist/worker/main.cjs', import.meta.url));

/** A worker in a process of its own, which a test may kill, freeze and stop. */
export class WorkerProcess {
  private said = '';
  /** Settles with the exit code, or with the signal's name. */
  readonly exited: Promise<number | string>;
  private readonly unleash: () => void;

  constructor(private readonly child: ChildProcess) {
    this.unleash = leash(this.pid);
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => void (this.said += text));
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** What it printed so far. */
  get output(): string {
    return this.said;
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** kill -9: nothing of it runs any more. */
  async kill(): Promise<void> {
    this.unleash();
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** It stands still with all that it holds, as a machine does that swaps or is migrated. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** SIGTERM: it drains. Gives its exit code. */
  stop(): Promise<number | string> {
    this.unleash();
    this.child.kill('SIGTERM');
    return this.exited;
  }
}

/** Starts a worker on the ground's task queue, and waits until it takes work. */
export async function startWorker(ground: Ground, options: readonly string[] = []): Promise<WorkerProcess> {
  const bundle = await bundleOf(ground.pipelines);
  const child = spawn(process.execPath, [binary, 'worker', ground.pipelines, '--bundle', bundle, ...options], {
    env: { ...process.env, ...ground.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const worker = new WorkerProcess(child);
  ground.atEnd(() => worker.kill());
  await until(
    async () => worker.isOver || (await polls(ground, worker.pid)),
    (ready) => ready,
    { limit: 60_000, what: () => `the worker polls:\n${worker.output}` },
  );
  if (worker.isOver) throw new Error(`The worker ended while it started:\n${worker.output}`);
  return worker;
}

const bundles = new Map<string, Promise<string>>();

/** Bundling costs a worker's start seconds, so it is done once for all workers of a test file. */
function bundleOf(pipelines: string): Promise<string> {
  const found = bundles.get(pipelines) ?? bundle(pipelines);
  bundles.set(pipelines, found);
  return found;
}

async function bundle(pipelines: string): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'headrace-bundle-')), 'pipelines.cjs');
  await promisify(execFile)(process.execPath, [binary, 'check', pipelines, '--bundle', file]);
  return file;
}

/** Whether Temporal has seen this process ask for workflow tasks and for activities. */
async function polls({ temporal, namespace, taskQueue }: Ground, pid: number): Promise<boolean> {
  const identity = `${pid}@${hostname()}`;
  const kinds = [1, 2].map(async (taskQueueType) => {
    const { pollers } = await temporal.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType });
    return (pollers ?? []).some((poller) => poller.identity === identity);
  });
  return (await Promise.all(kinds)).every((polled) => polled);
}
