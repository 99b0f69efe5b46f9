import { DefaultLogger, type NativeConnection, Runtime } from '@temporalio/worker';
import type { HeadraceError } from '../../sdk/authoring/errors.js';
import { defaultAddress } from '../../sdk/authoring/temporal-names.js';
import { readSecurity } from '../../sdk/node/client/temporal-security.js';
import { Connections } from '../../sdk/node/connections/connections.js';
import { Connection } from '../../sdk/node/connections/kinds.js';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { readEncryption } from '../../sdk/node/encryption/read-key-ring.js';
import type { Settings } from '../cli/settings.js';
import { runningChild } from '../dev/orphan.js';
import { tunedKeys } from '../dev/tuned-keys.js';
import { eventTopic } from '../events/index.js';
import { describeRegistry } from '../registry/describe-registry.js';
import { connectNative } from './connect-native.js';
import { registryUrl, resolveKafka } from './make-record.js';
import { measureStep } from './measure-step.js';
import { describeRetention } from './retention.js';
import { requireSearchAttributes } from './search-attributes.js';
import { tryConnection } from './try-connection.js';

/** One thing that doctor looked at. */
export interface Finding {
  what: string;
  ok: boolean;
  found: string;
  fix?: string;
}

/** Milliseconds: a step whose tasks stand longer in the server's queues waits for their readers, not for hardware. */
const throttled = 10;

const keys = Object.entries(tunedKeys).map(([key, value]) => `${key}: ${value}`);
const tune = `By default each of the server's shards reads each of its queues 20 times a second. Set in its dynamic configuration: ${keys.join(', ')}. The server of headrace dev has them, and worker/deploy/temporal-values.yaml for Temporal's chart; where they are set, the server or its database is too busy.`;

/** Looks at Temporal, its speed, where the record and its events are kept, and every connection. Nothing is changed but what a worker's start registers, too. */
export async function diagnose(settings: Settings): Promise<Finding[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connections = Connections.read(settings.file);
  const { finding, ring } = await diagnoseEncryption(settings.file);
  const tried = await Promise.all(connections.names().map((name) => diagnoseConnection(connections, name)));
  return [...(await diagnoseTemporal(settings, ring)), finding, await diagnoseRegistry(settings), await diagnoseEvents(settings), ...tried];
}

function diagnoseRegistry({ record, auth }: Settings): Promise<Finding> {
  return attempt('registry', async () => {
    const url = registryUrl(record);
    return url === '' ? 'embedded in the state folder of headrace dev' : describeRegistry(url, auth !== undefined);
  });
}

function diagnoseEvents({ record: { kafka } }: Settings): Promise<Finding> {
  return attempt('events', async () => {
    if (kafka === undefined) return 'not published: no Kafka is set, and they stay in the registry';
    const { brokers, ssl, sasl, topic = eventTopic } = resolveKafka(kafka);
    const login = sasl === undefined ? {} : { sasl };
    const found = await tryConnection(Connection.parse({ kind: 'kafka', brokers, tls: ssl, ...login }), 'kafka');
    return `${found}; events go to ${topic}`;
  });
}

async function diagnoseEncryption(file: string): Promise<{ finding: Finding; ring?: KeyRing }> {
  let ring: KeyRing | undefined;
  const finding = await attempt('encryption', async () => {
    ring = readEncryption(file)?.ring;
    const [first, ...others] = ring?.ids() ?? [];
    if (first === undefined) return 'off: Temporal and the registry keep what runs carry in plain';
    return `'${first}' encrypts${others.length === 0 ? '' : `; ${others.map((id) => `'${id}'`).join(', ')} decrypt too`}`;
  });
  return { finding, ring };
}

async function diagnoseTemporal(settings: Settings, ring: KeyRing | undefined): Promise<Finding[]> {
  const address = settings.address ?? runningChild('.headrace', 'temporal')?.address ?? defaultAddress;
  let connection: NativeConnection;
  try {
    connection = await connectNative(address, settings.address === undefined ? {} : readSecurity(settings.security));
  } catch (error) {
    return [refused(`Temporal ${address}`, error)];
  }
  try {
    return [
      await serverVersion(connection, address),
      await attributes(connection, settings.namespace),
      await retention(connection, settings.namespace),
      await speed(connection, settings.namespace, ring),
    ];
  } finally {
    await connection.close();
  }
}

function serverVersion(connection: NativeConnection, address: string): Promise<Finding> {
  return attempt(`Temporal ${address}`, async () => `server ${(await connection.workflowService.getSystemInfo({})).serverVersion ?? 'of unknown version'}`);
}

function attributes(connection: NativeConnection, namespace: string): Promise<Finding> {
  return attempt(`namespace ${namespace}`, async () => {
    await requireSearchAttributes(connection, namespace);
    return 'search attributes are registered';
  });
}

/** Runs are known as long as the namespace keeps their histories (DESIGN §3.3). */
function retention(connection: NativeConnection, namespace: string): Promise<Finding> {
  return attempt('retention', async () => {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return describeRetention(Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 3_600, namespace);
  });
}

async function speed(connection: NativeConnection, namespace: string, ring: KeyRing | undefined): Promise<Finding> {
  const what = 'a sequential step';
  try {
    const { whole, queued } = await measureStep(connection, namespace, ring);
    const found = `${whole.toFixed(1)} ms, of which ${queued} ms in the queues of the server`;
    return queued < throttled ? { what, ok: true, found } : { what, ok: false, found: `${found}: it throttles reading them`, fix: tune };
  } catch (error) {
    return refused(what, error);
  }
}

function diagnoseConnection(connections: Connections, name: string): Promise<Finding> {
  return attempt(`connection ${name}`, async () => tryConnection(connections.get(name), name));
}

async function attempt(what: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, found: await work() };
  } catch (error) {
    return refused(what, error);
  }
}

function refused(what: string, error: unknown): Finding {
  const { message, fix } = error as HeadraceError;
  return { what, ok: false, found: message, fix };
}
