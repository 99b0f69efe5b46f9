import { PermissionDeniedError } from '../../sdk/index.js';
import { withVersion } from '../engines/tried-version.js';
import { Cluster } from './cluster.js';
import { unlessMissing } from './failure.js';
import type { KubernetesConnection } from './kube-config.js';

/** What steps do on a cluster: `role.yaml` grants it. */
const needed = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'delete'] },
  { group: '', resource: 'configmaps', verbs: ['create'] },
  { group: '', resource: 'pods', verbs: ['list'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
];

/** What steps do through operators, where a cluster has them. */
const operated = [
  { group: 'sparkoperator.k8s.io', version: 'v1beta2', resources: ['sparkapplications'], verbs: ['create', 'get', 'delete'] },
  { group: 'flink.apache.org', version: 'v1beta1', resources: ['flinkdeployments', 'flinksessionjobs'], verbs: ['create', 'get', 'list', 'patch', 'delete'] },
];

interface Right {
  group: string;
  resource: string;
  subresource?: string;
  verb: string;
}

/** Asks a cluster for its version and for what this connection may do there. Nothing is made. @throws PermissionDeniedError that names what is missing */
export async function tryCluster(name: string, connection: KubernetesConnection, signal: AbortSignal): Promise<string> {
  const cluster = await Cluster.open(name, connection);
  const { gitVersion } = await cluster.ask('tell its version', signal, ({ version }) => version.getCode());
  const missing = await missingOf(
    cluster,
    needed.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb }))),
    signal,
  );
  if (missing.length === 0) {
    const operators = await Promise.all(operated.map((one) => describeOperator(cluster, one, signal)));
    return [`${withVersion('Kubernetes', gitVersion)}, Jobs may be run in the namespace ${cluster.namespace}`, ...operators.flat()].join(', ');
  }
  throw new PermissionDeniedError(`Kubernetes ${gitVersion}: in the namespace ${cluster.namespace} it may not ${missing.join(', ')}`, {
    where: name,
    fix: 'Bind a Role with these rights to the account of this connection.',
  });
}

/** What may be done with an operator's resources; nothing where the cluster has none. A connection need not use them. */
async function describeOperator(cluster: Cluster, { group, version, resources, verbs }: (typeof operated)[number], signal: AbortSignal): Promise<string[]> {
  const listed = await cluster.ask('list its resources', signal, ({ custom }) => unlessMissing(custom.getAPIResources({ group, version })));
  const there = resources.filter((resource) => listed?.resources.some(({ name }) => name === resource));
  return Promise.all(
    there.map(async (resource) => {
      const missing = await missingOf(
        cluster,
        verbs.map((verb) => ({ group, resource, verb })),
        signal,
      );
      return missing.length === 0 ? `${resource} too` : `but not ${resource} (it may not ${missing.join(', ')})`;
    }),
  );
}

/** Of rights, those that are not granted, in words. */
async function missingOf(cluster: Cluster, rights: readonly Right[], signal: AbortSignal): Promise<string[]> {
  const granted = await Promise.all(rights.map((right) => isGranted(cluster, right, signal)));
  return rights
    .filter((_, index) => granted[index] !== true)
    .map(({ verb, resource, subresource }) => `${verb} ${[resource, subresource].filter(Boolean).join('/')}`);
}

async function isGranted(cluster: Cluster, right: Right, signal: AbortSignal): Promise<boolean> {
  const body = { spec: { resourceAttributes: { namespace: cluster.namespace, ...right } } };
  const { status } = await cluster.ask('tell its rights', signal, ({ reviews }) => reviews.createSelfSubjectAccessReview({ body }));
  return status?.allowed === true;
}
