import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as k8s from '@kubernetes/client-node';
import { LogServer } from './kubelet-logs.js';
import type { ClusterNode, ControlPlane } from './kubernetes.js';
import { type Images, PodProcess } from './pod-process.js';

const node = 'stand-in';
const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch);
/** Keeps the conditions that others wrote. */
const mergeLists = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.StrategicMergePatch);
const capacity = { cpu: '8', memory: '8Gi', pods: '110' };

/** A cluster's only node, with these images. */
export function standIn(images: Images): (plane: ControlPlane) => Promise<Kubelet> {
  return async ({ config, folder, certified }) => {
    const kubelet = new Kubelet({ config, folder: join(folder, 'kubelet'), images, certified });
    await kubelet.start().catch(async (error: unknown) => {
      await kubelet.stop();
      throw error;
    });
    return kubelet;
  };
}

/**
 * Stands in for a node's kubelet: what the scheduler binds to its node runs as a local process. It tells pods' states, serves their logs, gives them ConfigMaps
 * and Secrets, and ends them when they are deleted. It isolates nothing, limits nothing, and pulls no image: it knows those that it has.
 */
export class Kubelet implements ClusterNode {
  private readonly core: k8s.CoreV1Api;
  private readonly pods = new Map<string, PodProcess>();
  private readonly logs: LogServer;
  private readonly informer: k8s.Informer<k8s.V1Pod>;
  private stopped = false;

  constructor(private readonly settings: Pick<ControlPlane, 'config' | 'folder' | 'certified'> & { images: Images }) {
    const { config, folder, certified } = settings;
    mkdirSync(folder, { recursive: true });
    this.core = config.makeApiClient(k8s.CoreV1Api);
    this.logs = new LogServer(folder, certified);
    this.informer = k8s.makeInformer(config, '/api/v1/pods', () => this.core.listPodForAllNamespaces());
  }

  async start(): Promise<void> {
    const port = await this.logs.start();
    await this.core.createNode({ body: { metadata: { name: node, labels: { 'kubernetes.io/hostname': node } } } });
    const ready = { type: 'Ready', status: 'True', reason: 'StandIn', lastHeartbeatTime: new Date(), lastTransitionTime: new Date() };
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
    const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } }, capacity, allocatable: capacity, conditions: [ready] };
    await this.core.patchNodeStatus({ name: node, body: { status } }, merge);
    for (const verb of ['add', 'update'] as const) this.informer.on(verb, (pod) => this.heed(pod));
    this.informer.on('delete', (pod) => this.pods.get(pod.metadata?.uid ?? '')?.kill());
    this.informer.on('error', () => void this.watchAgain());
    await this.informer.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.informer.stop();
    for (const pod of this.pods.values()) pod.kill();
    await this.logs.stop();
  }

  private async watchAgain(): Promise<void> {
    await wait(250);
    if (!this.stopped) await this.informer.start().catch(() => this.watchAgain());
  }

  private heed(pod: k8s.V1Pod): void {
    const { uid = '', deletionTimestamp } = pod.metadata ?? {};
    if (pod.spec?.nodeName !== node) return;
    const process = this.pods.get(uid);
    if (deletionTimestamp !== undefined) return void (process?.isRunning === true ? process.stop() : void this.remove(pod));
    if (process !== undefined || pod.status?.phase !== 'Pending') return;
    const { folder, images } = this.settings;
    const begun = new PodProcess({ pod, folder, images, core: this.core, tell: (status) => this.tell(pod, status) });
    this.pods.set(uid, begun);
    void begun.run().then(() => this.removeIfDeleted(pod));
  }

  /** Again and again while the API server is away: what happened meanwhile is not forgotten. */
  private async tell(pod: k8s.V1Pod, status: k8s.V1PodStatus): Promise<void> {
    await this.persistently(() => this.core.patchNamespacedPodStatus({ ...nameOf(pod), body: { status } }, mergeLists));
  }

  private async removeIfDeleted(pod: k8s.V1Pod): Promise<void> {
    const current = await this.persistently(() => this.core.readNamespacedPod(nameOf(pod)));
    if (current?.metadata?.deletionTimestamp !== undefined && current.metadata.uid === pod.metadata?.uid) await this.remove(pod);
  }

  private async remove(pod: k8s.V1Pod): Promise<void> {
    await this.persistently(() =>
      this.core.deleteNamespacedPod({ ...nameOf(pod), body: { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata?.uid ?? '' } } }),
    );
  }

  private async persistently<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    for (; !this.stopped; await wait(250)) {
      try {
        return await ask();
      } catch (error) {
        const { code } = error as { code?: number };
        if (code === 404 || code === 409) return undefined; // the pod is gone
      }
    }
    return undefined;
  }
}

function nameOf({ metadata }: k8s.V1Pod): { name: string; namespace: string } {
  return { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' };
}
