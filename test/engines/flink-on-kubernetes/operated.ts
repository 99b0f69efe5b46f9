import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as k8s from '@kubernetes/client-node';
import type * as z from 'zod';
import { type FlinkObject, kinds } from '../../../activities/flink/flink-object.js';
import flinkRun from '../../../activities/flink/run.js';
import { type FlinkOutput, flinkJob } from '../../../activities/flink/steps.js';
import { outsideId } from '../../../activities/outside/outside-id.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { freePort } from '../../../worker/dev/port.js';
import { until } from '../../faults/until.js';
import type { ServerProcess } from '../../servers/server-process.js';
import { compileJob } from '../flink.js';
import { flinkImage, flinkImages, flinkOfOperator, startFlinkOperator } from '../flink-operator.js';
import type { Named } from '../held-object.js';
import { standIn } from '../kubelet.js';
import { type KubernetesCluster, startKubernetes } from '../kubernetes.js';

export type Input = z.input<typeof flinkJob.input>;
/** An object as the API server has it. */
type Seen = FlinkObject & { readonly metadata: { readonly finalizers?: readonly string[] } };

export type As = keyof typeof kinds;

const place = { group: 'flink.apache.org', version: 'v1beta1', namespace: 'default' };
let calls = 0;

/** A cluster with Apache's operator, and what the tests do on it. */
export class OperatedFlink {
  private readonly core: k8s.CoreV1Api;
  private readonly custom: k8s.CustomObjectsApi;

  private constructor(
    readonly cluster: KubernetesCluster,
    readonly operator: ServerProcess,
    /** Where savepoints are, too. */
    readonly folder: string,
    readonly jar: string,
  ) {
    this.core = cluster.config.makeApiClient(k8s.CoreV1Api);
    this.custom = cluster.config.makeApiClient(k8s.CustomObjectsApi);
  }

  static async start(): Promise<OperatedFlink> {
    const jar = await compileJob(join(import.meta.dirname, '../flink/jobs/ProvingJob.java'), flinkOfOperator);
    const folder = mkdtempSync(join(tmpdir(), 'headrace-flink-operator-'));
    const cluster = await startKubernetes(standIn(await flinkImages(folder)));
    try {
      return new OperatedFlink(cluster, await startFlinkOperator(cluster, folder), folder, jar);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.operator.halt('SIGTERM');
    await this.cluster.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  connection(who: 'worker' | 'stranger' = 'worker') {
    const { server, ca, tokens } = this.cluster;
    return { kind: 'kubernetes', server, ca, token: tokens[who] } as const;
  }

  call(changes: Partial<StepContext> = {}, who: 'worker' | 'stranger' = 'worker'): RecordedContext {
    calls += 1;
    return stepContext({ cluster: this.connection(who) }, { key: `pipeline-test/run-1/step#${calls}`, ...changes });
  }

  async run(input: Input, context: StepContext = this.call()): Promise<FlinkOutput> {
    return (await runStep(flinkRun, flinkJob, input, context)) as FlinkOutput;
  }

  /** A cluster of Flink's, small, and on ports of its own since all pods share one address. */
  async small(settings: Record<string, string> = {}) {
    const ports = ['rest.port', 'jobmanager.rpc.port', 'blob.server.port', 'taskmanager.rpc.port'];
    const own = await Promise.all(ports.map(async (name) => [name, String(await freePort())]));
    return {
      image: flinkImage,
      flinkVersion: 'v1_18',
      jobManager: { cpu: 0.5, memory: '1g' },
      taskManager: { cpu: 0.5, memory: '1200m' },
      settings: { ...(Object.fromEntries(own) as Record<string, string>), ...settings },
    };
  }

  /** The objects of a call that the API server lists, by the names that the outside id gives them. */
  async objects(as: As, context: StepContext): Promise<Seen[]> {
    return (await this.list(as)).filter(({ metadata }) => metadata.name.startsWith(outsideId(context.key, 1)));
  }

  objectsOfRun(as: As, run: string): Promise<Seen[]> {
    return this.list(as, `headrace/run=${run}`);
  }

  named(as: As, { metadata: { name } }: FlinkObject): Named {
    return { apiVersion: `${place.group}/${place.version}`, kind: kinds[as].kind, metadata: { name, namespace: place.namespace } };
  }

  async remove(name: string, as: As = 'deployment'): Promise<void> {
    await this.custom.deleteNamespacedCustomObject({ ...place, plural: kinds[as].plural, name });
  }

  /** Waits until the operator has looked at all that there is, and more than once. */
  async seesAgain(): Promise<void> {
    const { length } = await this.operatorLog();
    await until(
      async () => (await this.operatorLog()).slice(length).match(/Resource fully reconciled|Removing JobManager/g)?.length ?? 0,
      (looks) => looks >= 3,
      { limit: 120_000 },
    );
  }

  private operatorLog(): Promise<string> {
    return readFile(join(this.folder, 'operator.log'), 'utf8');
  }

  /** The pods of a cluster of Flink's. */
  async pods(name: string): Promise<string[]> {
    const { items } = await this.core.listNamespacedPod({ namespace: place.namespace, labelSelector: `app=${name}` });
    return items.map(({ metadata }) => metadata?.name ?? '');
  }

  /** What a cluster's pods have printed. */
  async log(name: string): Promise<string> {
    const { namespace } = place;
    return (await Promise.all((await this.pods(name)).map((pod) => this.core.readNamespacedPodLog({ name: pod, namespace })))).join('\n');
  }

  private async list(as: As, labelSelector?: string): Promise<Seen[]> {
    const wanted = { ...place, plural: kinds[as].plural, ...(labelSelector === undefined ? {} : { labelSelector }) };
    return ((await this.custom.listNamespacedCustomObject(wanted)) as { items: Seen[] }).items;
  }
}
