import { PermissionDeniedError } from '../../sdk/index.js';
import { Cluster, type KubernetesConnection } from './cluster.js';

/** What steps do on a cluster: `role.yaml` grants it. */
const needed = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'delete'] },
  { group: '', resource: 'configmaps', verbs: ['create'] },
  { group: '', resource: 'pods', verbs: ['list'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
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
  const rights = needed.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb })));
  const granted = await Promise.all(rights.map((right) => isGranted(cluster, right, signal)));
  const missing = rights
    .filter((_, index) => granted[index] !== true)
    .map(({ verb, resource, subresource }) => `${verb} ${[resource, subresource].filter(Boolean).join('/')}`);
  if (missing.length === 0) return `Kubernetes ${gitVersion}, Jobs may be run in the namespace ${cluster.namespace}`;
  throw new PermissionDeniedError(`Kubernetes ${gitVersion}: in the namespace ${cluster.namespace} it may not ${missing.join(', ')}`, {
    where: name,
    fix: 'Bind a Role with these rights to the account of this connection.',
  });
}

async function isGranted(cluster: Cluster, right: Right, signal: AbortSignal): Promise<boolean> {
  const body = { spec: { resourceAttributes: { namespace: cluster.namespace, ...right } } };
  const { status } = await cluster.ask('tell its rights', signal, ({ reviews }) => reviews.createSelfSubjectAccessReview({ body }));
  return status?.allowed === true;
}
