import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as k8s from '@kubernetes/client-node';
import { freePort } from '../../worker/dev/port.js';
import { until } from '../faults/until.js';
import { keptFolder } from '../servers/kept-folder.js';
import { fetchJars } from '../servers/maven.js';
import { ServerProcess } from '../servers/server-process.js';
import { flinkHome, javaOfFlink, logging } from './flink.js';
import type { KubernetesCluster } from './kubernetes.js';
import type { Images } from './pod-process.js';

const version = '1.7.0';
/** The newest Flink that this operator knows. */
export const flinkOfOperator = '1.18.1';
export const flinkImage = `flink:${flinkOfOperator}`;
const artifact = { group: 'org.apache.flink', name: 'flink-kubernetes-operator', version };
const resources = ['flinkdeployments', 'flinksessionjobs'];
const run = promisify(execFile);

/** The operator's jars and, beside them, the resources that it brings. Fetched once. */
function operatorFolder(): Promise<string> {
  return keptFolder('flink-operator', version, async (folder) => {
    await fetchJars([artifact], folder);
    await run('jar', ['xf', join(folder, `jars/flink-kubernetes-operator-api-${version}.jar`), 'META-INF/fabric8'], { cwd: folder });
  });
}

/** What a node has under Flink's image: its programs, whose pods are processes here. @param folder where kubeconfig is when they start */
export async function flinkImages(folder: string): Promise<Images> {
  const programs = join(folder, 'programs');
  await mkdir(programs, { recursive: true });
  const libraries = join(await flinkHome(flinkOfOperator), 'lib/*');
  writeFileSync(join(folder, 'log4j.properties'), logging);
  const java = ['exec', 'java', ...javaOfFlink, `-Dlog4j.configurationFile=${join(folder, 'log4j.properties')}`, '-Djdk.net.hosts.file=hosts'].join(' ');
  const script = (name: string, text: string) => writeFileSync(join(programs, name), `#!/bin/bash\nset -e\n${text}\n`, { mode: 0o755 });
  script('entry.sh', 'exec "$@"');
  // A cluster has names for its services, which a process here has not.
  const names = `address=$(sed -n 's/^jobmanager.rpc.address: *//p' "$FLINK_CONF_DIR/flink-conf.yaml")\necho "127.0.0.1 localhost $(hostname) $address" > hosts`;
  const classOf =
    'org.apache.flink.kubernetes.entrypoint.Kubernetes$( [ "$1" = kubernetes-application ] && echo Application || echo Session )ClusterEntrypoint';
  script('kubernetes-jobmanager.sh', `${names}\n${java} -Xmx384m -cp '${libraries}' ${classOf} --configDir "$FLINK_CONF_DIR"`);
  const runner = 'org.apache.flink.kubernetes.taskmanager.KubernetesTaskExecutorRunner';
  script('kubernetes-taskmanager.sh', `${names}\n${java} $FLINK_TM_JVM_MEM_OPTS -cp '${libraries}' ${runner} --configDir "$FLINK_CONF_DIR" "$@"`);
  const environment = { PATH: `${programs}:${process.env.PATH}`, KUBECONFIG: join(folder, 'kubeconfig'), FLINK_CONF_DIR: '/opt/flink/conf' };
  return { [flinkImage]: environment };
}

/** Apache's own operator as a process beside the cluster. @param folder the one that `flinkImages` filled */
export async function startFlinkOperator(cluster: KubernetesCluster, folder: string): Promise<ServerProcess> {
  const home = await operatorFolder();
  writeFileSync(join(folder, 'kubeconfig'), cluster.config.exportConfig(), { mode: 0o600 });
  await install(cluster.config, join(home, 'META-INF/fabric8'));
  const health = await freePort();
  const conf = join(folder, 'operator');
  await mkdir(conf);
  writeFileSync(join(conf, 'flink-conf.yaml'), settings(folder, health));
  writeFileSync(join(conf, 'log4j.properties'), logging);
  const operator = new ServerProcess({
    name: "Flink's Kubernetes operator",
    program: 'java',
    parameters: [
      ...javaOfFlink,
      '-Xmx384m',
      `-Dlog4j.configurationFile=${join(conf, 'log4j.properties')}`,
      ...['-cp', join(home, 'jars', '*'), 'org.apache.flink.kubernetes.operator.FlinkOperator'],
    ],
    options: { cwd: folder, env: { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), FLINK_CONF_DIR: conf, OPERATOR_NAMESPACE: 'default' } },
    log: join(folder, 'operator.log'),
    timeLimit: 180_000,
    answers: async () => {
      const { ok, status } = await fetch(`http://127.0.0.1:${health}`);
      if (!ok) throw new Error(`its health is ${status}`);
    },
  });
  await operator.resume();
  return operator;
}

async function install(config: k8s.KubeConfig, folder: string): Promise<void> {
  const [extensions, custom] = [config.makeApiClient(k8s.ApiextensionsV1Api), config.makeApiClient(k8s.CustomObjectsApi)];
  for (const name of readdirSync(folder).filter((it) => it.endsWith('-v1.yml')))
    await extensions.createCustomResourceDefinition({ body: k8s.loadYaml(readFileSync(join(folder, name), 'utf8')) });
  for (const plural of resources)
    await until(
      () => custom.listNamespacedCustomObject({ group: 'flink.apache.org', version: 'v1beta1', namespace: 'default', plural }).catch(() => undefined),
      (found) => found !== undefined,
    );
}

/** Of the operator, and for all of its clusters. */
function settings(folder: string, health: number): string {
  const values = {
    'kubernetes.operator.reconcile.interval': '2 s',
    'kubernetes.operator.observer.progress-check.interval': '500 ms',
    'kubernetes.operator.observer.rest-ready.delay': '500 ms',
    'kubernetes.operator.rate-limiter.limit': 0,
    'kubernetes.operator.health.probe.port': health,
    'kubernetes.operator.user.artifacts.base.dir': join(folder, 'artifacts'),
    'kubernetes.entry.path': join(folder, 'programs/entry.sh'),
    'kubernetes.container.image.pull-policy': 'IfNotPresent',
    'jobmanager.bind-host': '127.0.0.1',
    'rest.bind-address': '127.0.0.1',
    'taskmanager.bind-host': '127.0.0.1',
    'taskmanager.host': '127.0.0.1',
    'taskmanager.memory.network.max': '64m',
    'taskmanager.memory.network.min': '64m',
    'taskmanager.memory.managed.size': '128m',
    'restart-strategy.type': 'none',
    'restart-strategy': 'none',
    'state.savepoints.dir': `file://${join(folder, 'savepoints')}`,
    'state.checkpoints.dir': `file://${join(folder, 'checkpoints')}`,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}
