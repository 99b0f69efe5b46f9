import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type * as k8s from '@kubernetes/client-node';
import { leash } from '../../worker/dev/leash.js';
import { logFile } from './kubelet-logs.js';

/** The images that a node has, each with the environment that it brings. */
export type Images = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Order {
  pod: k8s.V1Pod;
  folder: string;
  images: Images;
  core: k8s.CoreV1Api;
  tell: (status: k8s.V1PodStatus) => Promise<void>;
}

/** Why a container waits, as a kubelet says it. */
class Waits extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

const grace = 5_000;
const address = '127.0.0.1';

/** A pod's container as a local process. Paths of its volumes are written anew in its command and environment, since nothing is mounted. */
export class PodProcess {
  private readonly container: k8s.V1Container;
  private readonly own: string;
  private child: ChildProcess | undefined;
  private startedAt = new Date();
  private printed = 0;
  private ended = false;

  constructor(private readonly order: Order) {
    this.container = order.pod.spec?.containers[0] as k8s.V1Container;
    this.own = join(order.folder, order.pod.metadata?.uid ?? '');
    mkdirSync(this.own);
  }

  private get log(): string {
    const { namespace = '', name = '' } = this.order.pod.metadata ?? {};
    return logFile(this.order.folder, namespace, name);
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Settles when it has ended, and the server knows. */
  async run(): Promise<void> {
    const prepared = await this.prepare();
    if (prepared === undefined) return;
    const { command, environment } = prepared;
    this.startedAt = new Date();
    appendFileSync(this.log, '');
    const child = spawn(command[0] ?? '', command.slice(1), { cwd: this.own, env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.child = child;
    const unleash = child.pid === undefined ? () => undefined : leash(-child.pid);
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => this.print(line));
    const end = new Promise<number>((resolve) => {
      child.once('error', () => resolve(128));
      child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
    });
    await this.order.tell(this.status('Running', { running: { startedAt: this.startedAt } }));
    const code = await end;
    unleash();
    this.kill();
    await this.order.tell(this.status(code === 0 ? 'Succeeded' : 'Failed', this.terminated(code)));
  }

  /** TERM, and KILL after a while. */
  stop(): void {
    this.signal('SIGTERM');
    setTimeout(() => this.kill(), grace).unref();
  }

  kill(): void {
    this.ended = true;
    this.signal('SIGKILL');
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      if (this.child?.pid !== undefined) process.kill(-this.child.pid, signal);
    } catch {
      // it is gone
    }
  }

  /** Waits for its image, its files and its Secrets, as long as the pod is there. */
  private async prepare(): Promise<{ command: string[]; environment: Record<string, string> } | undefined> {
    for (let told = ''; !this.ended; await wait(200)) {
      try {
        return await this.readied();
      } catch (error) {
        if (!(error instanceof Waits)) continue; // the API server is away
        if (told !== error.reason) await this.order.tell(this.status('Pending', { waiting: { reason: error.reason, message: error.message } }));
        told = error.reason;
        if (!(await this.isWanted())) return undefined;
      }
    }
    return undefined;
  }

  private async isWanted(): Promise<boolean> {
    const { name = '', namespace = '', uid } = this.order.pod.metadata ?? {};
    const pod = await this.order.core.readNamespacedPod({ name, namespace }).catch(() => undefined);
    return pod?.metadata?.uid === uid && pod?.metadata?.deletionTimestamp === undefined;
  }

  private async readied(): Promise<{ command: string[]; environment: Record<string, string> }> {
    const { image = '', command = [], args = [] } = this.container;
    const brought = this.order.images[image];
    if (brought === undefined) throw new Waits('ImagePullBackOff', `Back-off pulling image "${image}"`);
    const places = await this.volumes();
    const local = (word: string) =>
      [...places].reduce((text, [path, folder]) => text.replace(new RegExp(`(?<![\\w.-])${path}(?=/|$)`, 'g'), () => folder), word);
    const environment: Record<string, string> = { PATH: process.env.PATH ?? '', HOME: this.own };
    for (const [name, value] of Object.entries(brought)) environment[name] = local(value);
    const expanded = (text: string) => expand(text, environment);
    for (const { name, value, valueFrom } of this.container.env ?? [])
      environment[name] = value === undefined ? await this.valueFrom(valueFrom) : local(expanded(value));
    return { command: [...command, ...args].map((word) => local(expanded(word))), environment };
  }

  /** Where its paths are here. */
  private async volumes(): Promise<Map<string, string>> {
    const places = new Map([[this.container.terminationMessagePath ?? '', join(this.own, 'termination')]]);
    for (const { name, configMap } of this.order.pod.spec?.volumes ?? []) {
      const folder = join(this.own, `volume-${name}`);
      mkdirSync(folder, { recursive: true });
      if (configMap?.name !== undefined) await this.fill(folder, configMap.name);
      const mount = this.container.volumeMounts?.find((it) => it.name === name);
      if (mount !== undefined) places.set(mount.mountPath, folder);
    }
    return places;
  }

  private async fill(folder: string, name: string): Promise<void> {
    const { data } = await this.read('ContainerCreating', `configmap "${name}" not found`, (namespace) =>
      this.order.core.readNamespacedConfigMap({ name, namespace }),
    );
    for (const [file, text] of Object.entries(data ?? {})) writeFileSync(join(folder, file), text);
  }

  private async valueFrom(source: k8s.V1EnvVarSource | undefined): Promise<string> {
    const field = source?.fieldRef?.fieldPath;
    if (field === 'status.podIP') return address;
    if (field === 'spec.nodeName') return this.order.pod.spec?.nodeName ?? '';
    const { name = '', key = '' } = source?.secretKeyRef ?? {};
    const { data } = await this.read('CreateContainerConfigError', `secret "${name}" not found`, (namespace) =>
      this.order.core.readNamespacedSecret({ name, namespace }),
    );
    if (data?.[key] === undefined) throw new Waits('CreateContainerConfigError', `couldn't find key ${key} in Secret ${name}`);
    return Buffer.from(data[key], 'base64').toString();
  }

  private async read<Answer>(reason: string, message: string, ask: (namespace: string) => Promise<Answer>): Promise<Answer> {
    return ask(this.order.pod.metadata?.namespace ?? '').catch((error: { code?: number }) => {
      throw error.code === 404 ? new Waits(reason, message) : (error as unknown as Error);
    });
  }

  private print(line: string): void {
    this.printed += 1;
    const stamp = new Date().toISOString().replace('Z', `${String(this.printed % 1_000_000).padStart(6, '0')}Z`);
    appendFileSync(this.log, `${stamp} ${line}\n`);
  }

  private terminated(exitCode: number): k8s.V1ContainerState {
    const file = join(this.own, 'termination');
    const message = existsSync(file) ? readFileSync(file, 'utf8').slice(0, 4_096) : undefined;
    const reason = exitCode === 0 ? 'Completed' : exitCode === 128 ? 'StartError' : 'Error';
    return { terminated: { exitCode, reason, startedAt: this.startedAt, finishedAt: new Date(), ...(message === undefined ? {} : { message }) } };
  }

  private status(phase: string, state: k8s.V1ContainerState): k8s.V1PodStatus {
    const { name, image = '' } = this.container;
    const whole = { running: null, waiting: null, terminated: null, ...state } as unknown as k8s.V1ContainerState; // a merge keeps what is not taken away
    const ready = state.running !== undefined;
    return {
      phase,
      hostIP: address,
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: this.startedAt,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: new Date() }],
      containerStatuses: [{ name, image, imageID: image, ready, started: ready, restartCount: 0, state: whole }],
    };
  }
}

/** As the kubelet does: `$(NAME)` is the value of a variable that stands before it, `$$` is a dollar. */
function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\$|\(([\w.-]+)\))/g, (found, name?: string) => (name === undefined ? '$' : (environment[name] ?? found)));
}
