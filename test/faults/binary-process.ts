import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leash } from '../../worker/dev/leash.js';

/** The binary, as it is shipped: test/run.mjs builds it before the tests. */
export const binary = fileURLToPath(new URL('../../dist/worker/main.cjs', import.meta.url));

/** A command of the binary in a process of its own, which a test may kill, freeze and stop. */
export class BinaryProcess {
  private said = '';
  /** Settles with the exit code, or with the signal's name. */
  readonly exited: Promise<number | string>;
  private readonly child: ChildProcess;
  private readonly unleash: () => void;

  constructor(parameters: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string) {
    this.child = spawn(process.execPath, [binary, ...parameters], { env: { ...process.env, ...environment }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.unleash = leash(this.pid);
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => void (this.said += text));
    this.exited = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')));
    void this.exited.then(this.unleash);
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
    this.child.kill('SIGTERM');
    return this.exited;
  }
}

const bundles = new Map<string, Promise<string>>();

/** The file of a folder's bundle. Bundling costs a worker's start seconds, so it is done once for all workers of a test file. */
export function bundleOf(pipelines: string): Promise<string> {
  const found = bundles.get(pipelines) ?? bundle(pipelines);
  bundles.set(pipelines, found);
  return found;
}

async function bundle(pipelines: string): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'headrace-bundle-')), 'pipelines.cjs');
  await promisify(execFile)(process.execPath, [binary, 'check', pipelines, '--bundle', file]);
  return file;
}
