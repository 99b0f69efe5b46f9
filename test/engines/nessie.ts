import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../worker/dev/port.js';
import { findJava } from '../servers/java.js';
import { keptFolder } from '../servers/kept-folder.js';
import { fetchJars } from '../servers/maven.js';
import { ServerProcess } from '../servers/server-process.js';
import { startTogether } from '../servers/together.js';

/** An Iceberg REST catalog (Nessie, in memory) whose files lie in an S3 store (Adobe's S3Mock), both on 127.0.0.1. */
export interface RestCatalog {
  /** What Trino's catalog of it is made with. */
  settings: Record<string, string>;
  /** Of the catalog, whose warehouse is `wh`. */
  uri: string;
  /** Of the S3 store, which takes any key. */
  s3: string;
  stop(): Promise<void>;
}

const version = { nessie: '0.99.0', s3: '5.2.0' };
const artifacts = [
  { group: 'org.projectnessie.nessie', name: 'nessie-quarkus', version: version.nessie, classifier: 'runner', excludes: ['*:*'] },
  { group: 'com.adobe.testing', name: 's3mock', version: version.s3, classifier: 'exec', excludes: ['*:*'] },
];

/** Starts both from Maven Central's jars, which are fetched once. Needs JDK 25 and mvn. */
export async function startRestCatalog(): Promise<RestCatalog> {
  const java = findJava(25);
  const jars = join(await keptFolder('nessie', `${version.nessie}-${version.s3}`, (fresh) => fetchJars(artifacts, fresh)), 'jars');
  const folder = mkdtempSync(join(tmpdir(), 'headrace-nessie-'));
  const [s3, s3Secure, rest, management] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const store = new ServerProcess({
    name: 'S3Mock',
    program: java,
    parameters: [
      '-Xmx256m',
      `-Dserver.port=${s3Secure}`,
      '-Dserver.address=127.0.0.1',
      `-Dhttp.port=${s3}`,
      '-Dcom.adobe.testing.s3mock.store.initialBuckets=ware',
      '-jar',
      join(jars, `s3mock-${version.s3}-exec.jar`),
    ],
    log: join(folder, 's3.log'),
    timeLimit: 180_000,
    answers: () => answered(`http://127.0.0.1:${s3}/ware`),
  });
  const catalog = new ServerProcess({
    name: 'Nessie',
    program: java,
    parameters: [...nessie({ s3, rest, management }), '-jar', join(jars, `nessie-quarkus-${version.nessie}-runner.jar`)],
    log: join(folder, 'nessie.log'),
    timeLimit: 180_000,
    answers: () => answered(`http://127.0.0.1:${rest}/iceberg/v1/config`),
  });
  const addresses = { uri: `http://127.0.0.1:${rest}/iceberg`, s3: `http://127.0.0.1:${s3}` };
  return startTogether(async (keep) => {
    await keep({ stop: () => rmSync(folder, { recursive: true, force: true }) });
    await Promise.all([keep(store.begin('SIGKILL')), keep(catalog.begin('SIGKILL'))]);
    return { settings: trinoSettings(addresses), ...addresses };
  });
}

function nessie({ s3, rest, management }: Record<'s3' | 'rest' | 'management', number>): string[] {
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': rest,
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': management,
    'nessie.version.store.type': 'IN_MEMORY',
    'nessie.catalog.default-warehouse': 'wh',
    'nessie.catalog.warehouses.wh.location': 's3://ware/nessie',
    'nessie.catalog.service.s3.default-options.endpoint': `http://127.0.0.1:${s3}/`,
    'nessie.catalog.service.s3.default-options.path-style-access': true,
    'nessie.catalog.service.s3.default-options.region': 'us-east-1',
    'nessie.catalog.service.s3.default-options.access-key': 'urn:nessie-secret:quarkus:test.s3',
    'test.s3.name': 'test',
    'test.s3.secret': 'test',
  };
  return ['-Xmx384m', ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`)];
}

function trinoSettings({ uri, s3 }: Pick<RestCatalog, 'uri' | 's3'>): Record<string, string> {
  return {
    'connector.name': 'iceberg',
    'iceberg.catalog.type': 'rest',
    'iceberg.rest-catalog.uri': uri,
    'iceberg.rest-catalog.warehouse': 'wh',
    'iceberg.expire-snapshots.min-retention': '0s',
    'fs.native-s3.enabled': 'true',
    's3.endpoint': s3,
    's3.region': 'us-east-1',
    's3.path-style-access': 'true',
    's3.aws-access-key': 'test',
    's3.aws-secret-key': 'test',
  };
}

async function answered(url: string): Promise<void> {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (status >= 500) throw new Error(`${url} answers ${status}`);
}
