import type * as k8s from '@kubernetes/client-node';
import { HeadraceError } from '../../sdk/index.js';
import type { Connection } from '../../sdk/node/index.js';

export type KubernetesConnection = Extract<Connection, { kind: 'kubernetes' }>;

/** From a kubeconfig file, from the connection's own fields, or, with neither, from the pod that the worker runs in. */
export function readConfig(library: typeof k8s, name: string, connection: KubernetesConnection): k8s.KubeConfig {
  const config = new library.KubeConfig();
  try {
    if (connection.kubeconfig !== undefined) config.loadFromFile(connection.kubeconfig);
    else if (connection.server !== undefined) config.loadFromOptions(options(connection));
    else config.loadFromCluster();
    if (connection.context !== undefined) config.setCurrentContext(connection.context);
  } catch (error) {
    throw unusable(name, (error as Error).message);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw unusable(name, `it has no context '${config.getCurrentContext()}' with a cluster`);
  if (cluster.server.startsWith('http:') && cluster.skipTLSVerify !== true) throw unusable(name, `${cluster.server} is not https`);
  return config;
}

function options(connection: KubernetesConnection) {
  const { server, ca } = connection;
  const user = {
    name: 'user',
    // Asked for with each request: it may be rotated while a Job is followed.
    get token() {
      return connection.token;
    },
  };
  return {
    clusters: [{ name: 'cluster', server, ...(ca === undefined ? {} : { caData: Buffer.from(ca).toString('base64') }) }],
    users: [user],
    contexts: [{ name: 'context', cluster: 'cluster', user: 'user' }],
    currentContext: 'context',
  };
}

function unusable(name: string, reason: string): HeadraceError {
  return new HeadraceError(`The connection '${name}' leads to no cluster: ${reason}.`, {
    code: 'bad_connection',
    where: name,
    fix: 'Give kubeconfig (and context), or server, token and ca; without either the worker must run in a pod with a service account.',
  });
}
