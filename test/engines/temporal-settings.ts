import { singleHostKeys, tunedKeys } from '../../worker/dev/tuned-keys.js';

const services = ['frontend', 'history', 'matching', 'worker'];

// What a test registers is known at once.
const testKeys = { 'system.forceSearchAttributesCacheRefreshOnRead': true, 'system.namespaceCacheRefreshInterval': '1s' };

/**
 * The static and the dynamic configuration of a Temporal server of one process, on 127.0.0.1; YAML takes both as JSON.
 *
 * @param ports two for each service, the frontend's first
 */
export function serverSettings(ports: readonly number[], database: URL, dynamicFile: string) {
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: database.host,
      connectProtocol: 'tcp',
      user: database.username,
      password: '',
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const server = {
    log: { stdout: true, level: 'warn' },
    persistence: {
      numHistoryShards: 4,
      defaultStore: 'default',
      visibilityStore: 'visibility',
      datastores: { default: store('temporal', 20), visibility: store('temporal_visibility', 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(
      services.map((name, index) => [name, { rpc: { grpcPort: ports[2 * index], membershipPort: ports[2 * index + 1], bindOnLocalHost: true } }]),
    ),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: { active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `127.0.0.1:${ports[0]}` } },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicFile, pollInterval: '1h' },
  };
  const keys = { ...tunedKeys, ...singleHostKeys, ...testKeys };
  const dynamic = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, [{ value }]]));
  return { server, dynamic };
}
