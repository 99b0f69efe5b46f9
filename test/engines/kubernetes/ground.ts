import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as k8s from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import type * as z from 'zod';
import { outsideId } from '../../../activities/outside/outside-id.js';
import python from '../../../activities/python/run.js';
import { pythonScript } from '../../../activities/python/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import type { Connection, StepContext } from '../../../sdk/node/index.js';
import { until } from '../../faults/until.js';
import { takeAway } from '../held-object.js';
import type { KubernetesCluster } from '../kubernetes.js';

export const image = 'python:3.11';

type Input = z.input<typeof pythonScript.input>;
type On = Partial<NonNullable<Input['on']>>;
export type Output = z.output<typeof pythonScript.output>;

let calls = 0;

/** What one test does on the cluster: each has calls of its own, and so Jobs of its own. */
export class Cluster {
  private readonly batch: k8s.BatchV1Api;
  private readonly core: k8s.CoreV1Api;

  constructor(readonly cluster: KubernetesCluster) {
    this.batch = cluster.config.makeApiClient(k8s.BatchV1Api);
    this.core = cluster.config.makeApiClient(k8s.CoreV1Api);
  }

  connection(who: 'admin' | 'worker' | 'stranger' = 'worker', namespace?: string): z.input<typeof Connection> {
    const { server, ca, tokens } = this.cluster;
    return { kind: 'kubernetes', server, ca, token: tokens[who], ...(namespace === undefined ? {} : { namespace }) };
  }

  /** The context of a new call; later attempts are made of its key. */
  context(changes: Partial<StepContext> = {}, connection = this.connection()): RecordedContext {
    calls += 1;
    return stepContext({ cluster: connection }, { key: `pipeline-test/run-1/step#${calls}`, ...changes });
  }

  run(code: string, context: StepContext = this.context(), on: On = {}, input: Partial<Input> = {}): Promise<Output> {
    return runStep(python, pythonScript, { script: { code }, on: { connection: 'cluster', image, ...on }, ...input }, context) as Promise<Output>;
  }

  /** The Jobs that there are for a call: what the cluster itself knows. */
  async jobs(context: StepContext, namespace = 'default'): Promise<k8s.V1Job[]> {
    const { items } = await this.batch.listNamespacedJob({ namespace });
    const id = outsideId(context.key, 1);
    return items.filter(({ metadata }) => metadata?.name?.startsWith(id));
  }

  async jobsOfRun(run: string): Promise<k8s.V1Job[]> {
    return (await this.batch.listNamespacedJob({ namespace: 'default', labelSelector: `headrace/run=${run}` })).items;
  }

  async job(context: StepContext): Promise<k8s.V1Job> {
    return (
      await until(
        () => this.jobs(context),
        (jobs) => jobs.length === 1,
      )
    )[0] as k8s.V1Job;
  }

  async pod(context: StepContext): Promise<k8s.V1Pod> {
    const { metadata } = await this.job(context);
    const labelSelector = `batch.kubernetes.io/job-name=${metadata?.name}`;
    const list = () => this.core.listNamespacedPod({ namespace: 'default', labelSelector });
    return (await until(list, ({ items }) => items.length === 1)).items[0] as k8s.V1Pod;
  }

  async pods(): Promise<k8s.V1Pod[]> {
    return (await this.core.listNamespacedPod({ namespace: 'default' })).items;
  }

  evict({ metadata }: k8s.V1Pod): Promise<unknown> {
    const { name = '', namespace = '' } = metadata ?? {};
    return this.core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
  }

  deleteJob({ metadata }: k8s.V1Job): Promise<unknown> {
    return this.batch.deleteNamespacedJob({ name: metadata?.name ?? '', namespace: 'default', body: { propagationPolicy: 'Background' } });
  }

  /** Leaves a Job of a call's name behind that is being taken away until it is let go. */
  async leavingJob(context: StepContext): Promise<() => Promise<unknown>> {
    const [name, namespace] = [outsideId(context.key, 1), 'default'];
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } };
    await this.batch.createNamespacedJob({ namespace, body: { metadata: { name }, spec: { suspend: true, template } } });
    return takeAway(this.cluster.config, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace } });
  }

  putSecret(name: string, values: Record<string, string>): Promise<unknown> {
    return this.core.createNamespacedSecret({ namespace: 'default', body: { metadata: { name }, stringData: values } });
  }

  /** A namespace in which an account may do this much. */
  async allowNamespace(name: string, who: 'stranger', rules: k8s.V1PolicyRule[]): Promise<void> {
    const rights = this.cluster.config.makeApiClient(k8s.RbacAuthorizationV1Api);
    await this.core.createNamespace({ body: { metadata: { name } } });
    await rights.createNamespacedRole({ namespace: name, body: { metadata: { name }, rules } });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: who }];
    await rights.createNamespacedRoleBinding({ namespace: name, body: { metadata: { name }, roleRef, subjects } });
  }

  /** A namespace that takes that many Jobs. */
  async narrowNamespace(name: string, hard: Record<string, string>): Promise<void> {
    await this.core.createNamespace({ body: { metadata: { name } } });
    await this.core.createNamespacedResourceQuota({ namespace: name, body: { metadata: { name: 'narrow' }, spec: { hard } } });
    await until(
      () => this.core.readNamespacedResourceQuota({ name: 'narrow', namespace: name }),
      ({ status }) => status?.hard !== undefined,
    );
  }
}

/** A place where a script on the stand-in's node and the test meet. */
export class Meeting {
  private readonly folder = mkdtempSync(join(tmpdir(), 'headrace-meeting-'));

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** A script that tells its process, waits to be let go, and then gives its result. */
  get script(): string {
    return `
import json, os, time
with open(${JSON.stringify(this.begun)}, 'a') as file: file.write(str(os.getpid()) + '\\n')
print('begun')
while not os.path.exists(${JSON.stringify(this.gate)}): time.sleep(0.05)
json.dump('done', open(os.environ['HEADRACE_RESULT'], 'w'))`;
  }

  /** The processes that began. */
  processes(): number[] {
    return existsSync(this.begun) ? readFileSync(this.begun, 'utf8').trim().split('\n').map(Number) : [];
  }

  async hasBegun(): Promise<number> {
    return (
      await until(
        () => this.processes(),
        (all) => all.length > 0,
      )
    )[0] as number;
  }

  open(): void {
    writeFileSync(this.gate, '');
  }

  private get begun(): string {
    return join(this.folder, 'begun');
  }

  private get gate(): string {
    return join(this.folder, 'gate');
  }
}

export function isAlive(processId: number): boolean {
  try {
    return !readFileSync(`/proc/${processId}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
