import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leash } from '../../../worker/dev/leash.js';
import type { Image } from './buildah.js';

interface Mount {
  /** On this machine. */
  from: string;
  to: string;
  writable?: boolean;
}

export interface ContainerSettings {
  /** In the place of the image's CMD. */
  command?: string[];
  environment?: Record<string, string>;
  mounts?: Mount[];
}

/**
 * A container as the chart's pods have them: the image's user, a read-only root, no capabilities, no new privileges, its own
 * processes (ours is number 1) and an empty /tmp; the network is this machine's.
 */
export class Container {
  private said = '';
  private readonly name = `headrace-${randomUUID()}`;
  private readonly folder = mkdtempSync(join(tmpdir(), 'headrace-container-'));
  private readonly child: ChildProcess;
  private readonly unleash: () => void;
  /** Settles with the exit code. */
  readonly exited: Promise<number | null>;

  constructor(image: Image, settings: ContainerSettings) {
    writeFileSync(join(this.folder, 'config.json'), JSON.stringify(specification(image, settings, this.name)));
    this.child = spawn('runc', [...this.state(), 'run', '--bundle', this.folder, this.name], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.unleash = leash(this.child.pid as number);
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => void (this.said += text));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
  }

  /** What it printed so far. */
  get output(): string {
    return this.said;
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** SIGTERM to its first process, as Kubernetes does it. Gives the exit code. */
  stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.exited;
  }

  /** Ends it, whatever it does, and clears away. */
  async remove(): Promise<void> {
    this.unleash();
    if (!this.isOver) execFileSync('runc', [...this.state(), 'kill', this.name, 'KILL'], { stdio: 'ignore' });
    await this.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private state(): string[] {
    return ['--root', join(this.folder, 'state')];
  }
}

function specification({ root, config }: Image, { command, environment = {}, mounts = [] }: ContainerSettings, hostname: string): unknown {
  const [uid, gid] = config.User.split(':').map(Number);
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
  return {
    ociVersion: '1.0.2',
    hostname,
    root: { path: root, readonly: true },
    process: {
      user: { uid, gid },
      cwd: config.WorkingDir,
      args: [...config.Entrypoint, ...(command ?? config.Cmd)],
      env: [...config.Env, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
      capabilities: none,
      noNewPrivileges: true,
    },
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
    mounts: [...machine, ...mounts.map(bind)],
  };
}

const machine = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', 'size=256m'] },
];

function bind({ from, to, writable }: Mount): unknown {
  return { destination: to, type: 'bind', source: from, options: ['rbind', writable === true ? 'rw' : 'ro'] };
}
