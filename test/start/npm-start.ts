import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { leash } from '../../worker/dev/leash.js';
import { identify, isRunning, type ProcessIdentity } from '../../worker/dev/process-identity.js';
import { until } from '../faults/until.js';
import type { Done } from '../stories/story.js';

/** `npm start` as a person types it: on a group of its own, which Ctrl-C reaches whole. */
export class NpmStart {
  private said = '';
  private readonly child: ChildProcess;
  /** Settles with the exit code when all that it printed is read. */
  readonly ended: Promise<number | null>;

  constructor(clone: string, ...options: string[]) {
    this.child = spawn('npm', ['start', '--', ...options], { cwd: clone, env: environmentOf(clone), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => void (this.said += text));
    const unleash = leash(this.pid);
    this.ended = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
    void this.ended.then(unleash);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get output(): string {
    return this.said;
  }

  get isUp(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until it has printed this. */
  async says(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const look = () => pattern.exec(this.said.slice(from));
    const found = await until(look, (it) => it !== null || !this.isUp, { limit: 120_000, what: () => `${pattern} in:\n${this.said}` });
    if (found === null) throw new Error(`It ended without ${pattern}:\n${this.said}`);
    return found;
  }

  /** All that it has started and that runs, itself too. */
  processes(): ProcessIdentity[] {
    return [this.pid, ...descendants(this.pid)].flatMap((pid) => identify(pid) ?? []);
  }

  ctrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Ends it, if it is up, by one Ctrl-C. Gives what then still runs of it. */
  async leave(): Promise<ProcessIdentity[]> {
    const all = this.processes();
    if (this.isUp) this.ctrlC();
    await this.ended;
    return all.filter(isRunning);
  }
}

/** Runs a line as a person types it in a clone. */
export function type(clone: string, line: string): Promise<Done> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', line], { cwd: clone, env: environmentOf(clone) }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

/** What a new user has: nothing set, and only the cache of servers is warm. */
function environmentOf(clone: string): NodeJS.ProcessEnv {
  const { PATH, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env;
  return { PATH, XDG_CACHE_HOME, HOME: join(clone, 'home'), NO_COLOR: '1' };
}

function descendants(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendants)];
}

function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).flatMap((task) => readFileSync(`${tasks}/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
  } catch {
    return []; // it is gone
  }
}
