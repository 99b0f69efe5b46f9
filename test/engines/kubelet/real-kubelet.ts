import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as k8s from '@kubernetes/client-node';
import { freePort } from '../../../worker/dev/port.js';
import { ServerProcess } from '../../servers/server-process.js';
import { buildKubernetes, type ClusterNode, type ControlPlane } from '../kubernetes.js';
import { containerPrograms } from './programs.js';
import { type ImageName, writePythonImages } from './python-image.js';
import { writeSettings } from './settings.js';

const run = promisify(execFile);
const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A container that runs, as containerd knows it. */
export interface Running {
  id: string;
  pod: string;
}

/** A cluster's only node, with these images of Python; the first is that of the pods' own containers, too. */
export function realKubelet(images: readonly ImageName[]): (plane: ControlPlane) => Promise<RealKubelet> {
  return (plane) => RealKubelet.start(images, plane);
}

/** The real kubelet on containerd and runc. For root, on Linux. */
export class RealKubelet implements ClusterNode {
  private constructor(
    private readonly node: ServerProcess,
    private readonly programs: string,
    private readonly folder: string,
  ) {}

  static async start(images: readonly ImageName[], { folder, config, kubeconfig }: ControlPlane): Promise<RealKubelet> {
    const [program, programs] = [await buildKubernetes('kubelet'), await containerPrograms()];
    const own = join(folder, 'node');
    const cgroup = `headrace-${process.pid}-${await freePort()}`;
    mkdirSync(own);
    writePythonImages(join(own, 'images.tar'), images);
    writeSettings({ folder: own, programs, cgroup, sandbox: images[0]?.name ?? '', ports: { kubelet: await freePort(), health: await freePort() } });
    const node = new ServerProcess({
      name: 'the node',
      program: join(import.meta.dirname, 'node.sh'),
      parameters: [own, cgroup, join(own, 'images.tar'), program, kubeconfig],
      // Nothing of ours goes to the containers, such as a proxy.
      options: { env: { PATH: `${programs}/usr/bin:${programs}/usr/sbin:${system}` } },
      log: join(own, 'node.log'),
      timeLimit: 120_000,
      answers: () => ready(config),
    });
    await node.resume();
    return new RealKubelet(node, programs, own);
  }

  /** The pods' containers that run, without those that hold the pods themselves. */
  async containers(): Promise<Running[]> {
    const listed = await this.ctr('containers', 'list', '--quiet', 'labels."io.cri-containerd.kind"==container');
    const tasks = await this.ctr('tasks', 'list');
    const running = listed.split('\n').filter((id) => id !== '' && new RegExp(`^${id}\\s+\\d+\\s+RUNNING`, 'm').test(tasks));
    return Promise.all(running.map(async (id) => ({ id, pod: await this.podOf(id) })));
  }

  /** Runs a command in a container that runs. */
  async execute({ id }: Running, ...command: string[]): Promise<void> {
    await this.ctr('tasks', 'exec', '--fifo-dir', join(this.folder, 'fifos'), '--exec-id', `${Date.now()}`, id, ...command);
  }

  /** Kills the kubelet alone: it is begun again, as a machine's init does it. */
  killKubelet(): void {
    const mark = `--config=${this.folder}/kubelet.yaml`;
    for (const processId of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      if (commandOf(processId).includes(mark)) process.kill(Number(processId), 'SIGKILL');
  }

  /** Its containers, mounts and files go with it. */
  async stop(): Promise<void> {
    await this.node.halt('SIGTERM');
  }

  private async podOf(id: string): Promise<string> {
    const { Labels } = JSON.parse(await this.ctr('containers', 'info', id)) as { Labels: Record<string, string> };
    return Labels['io.kubernetes.pod.name'] ?? '';
  }

  private async ctr(...parameters: string[]): Promise<string> {
    const given = ['--address', join(this.folder, 'containerd.sock'), '--namespace', 'k8s.io', ...parameters];
    return (await run(join(this.programs, 'usr/bin/ctr'), given, { timeout: 30_000 })).stdout;
  }
}

function commandOf(processId: string): string[] {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it is gone
  }
}

async function ready(config: k8s.KubeConfig): Promise<void> {
  const { items } = await config.makeApiClient(k8s.CoreV1Api).listNode();
  const conditions = items[0]?.status?.conditions ?? [];
  if (!conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) throw new Error(`the node is not ready: ${JSON.stringify(conditions)}`);
}
