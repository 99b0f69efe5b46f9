type Settings = Record<string, string | number>;

/** config.properties: one process is coordinator and worker. */
export function serverProperties(port: number, plugins: string, catalogFolder: string): Settings {
  return {
    coordinator: 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': port,
    'discovery.uri': `http://127.0.0.1:${port}`,
    'query.max-memory-per-node': '700MB',
    'memory.heap-headroom-per-node': '300MB',
    'catalog.management': 'static',
    'plugin.dir': plugins,
    'catalog.config-dir': catalogFolder,
  };
}

/** Each catalog's properties. @param database postgres://user@host:port/name of the server that keeps Iceberg's catalog */
export function catalogs(database: string, warehouse: string): Record<string, Settings> {
  const { username, host, pathname } = new URL(database);
  const url = `jdbc:postgresql://${host}${pathname}`;
  return {
    tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': 2 },
    memory: { 'connector.name': 'memory' },
    postgresql: { 'connector.name': 'postgresql', 'connection-url': url, 'connection-user': username, 'connection-password': 'none' },
    iceberg: {
      'connector.name': 'iceberg',
      'iceberg.catalog.type': 'jdbc',
      'iceberg.jdbc-catalog.catalog-name': 'test',
      'iceberg.jdbc-catalog.driver-class': 'org.postgresql.Driver',
      'iceberg.jdbc-catalog.connection-url': url,
      'iceberg.jdbc-catalog.connection-user': username,
      'iceberg.jdbc-catalog.connection-password': 'none',
      'iceberg.jdbc-catalog.default-warehouse-dir': 'local:///warehouse',
      'iceberg.expire-snapshots.min-retention': '0s',
      'iceberg.remove-orphan-files.min-retention': '0s',
      'fs.native-local.enabled': 'true',
      'local.location': warehouse,
    },
  };
}

/** Who has no right on tables of Iceberg. */
export const outsider = 'outsider';

const rightsOfLoads = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

/** Who has just what loads into existing tables of iceberg.lake need, and for each of these rights one who lacks it. */
export const loader = 'loader';
export const loaderWithout = (right: (typeof rightsOfLoads)[number]) => `loader_without_${right.toLowerCase()}`;

function rulesOfLoaders(all: readonly string[]): unknown[] {
  const inLake = { catalog: 'iceberg', schema: 'lake' };
  return [
    { user: loader, ...inLake, privileges: rightsOfLoads },
    ...rightsOfLoads.map((right) => ({ user: loaderWithout(right), ...inLake, privileges: rightsOfLoads.filter((it) => it !== right) })),
    { user: `${loader}.*`, catalog: 'iceberg', schema: 'headrace_(ledger|tmp)', privileges: all },
    { user: `${loader}.*`, catalog: 'system', schema: 'runtime|metadata', privileges: ['SELECT'] },
    { user: `${loader}.*`, privileges: [] },
  ];
}

/** Who may do what: everybody everything, but one user may only read, and not every table, and one knows nothing of Iceberg. */
export function accessRules(visitor: string): unknown {
  const all = ['SELECT', 'INSERT', 'DELETE', 'UPDATE', 'OWNERSHIP', 'GRANT_SELECT'];
  return {
    catalogs: [{ allow: 'all' }],
    queries: [{ user: `${loader}.*`, allow: ['execute'] }, { allow: ['execute', 'kill', 'view'] }],
    schemas: [
      { user: visitor, owner: false },
      { user: `${loader}.*`, catalog: 'iceberg', schema: 'headrace_(ledger|tmp)', owner: true },
      { user: `${loader}.*`, owner: false },
      { owner: true },
    ],
    tables: [
      { user: visitor, catalog: 'tpch', schema: 'tiny', table: 'customer', privileges: [] },
      { user: visitor, privileges: ['SELECT'] },
      { user: outsider, catalog: 'iceberg', privileges: [] },
      ...rulesOfLoaders(all),
      { privileges: all },
    ],
  };
}
