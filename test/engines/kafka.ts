import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePort } from '../../worker/dev/port.js';
import { type Certified, makeAuthority } from '../servers/certificates.js';
import { keptFolder } from '../servers/kept-folder.js';
import { fetchJars } from '../servers/maven.js';
import { ServerProcess } from '../servers/server-process.js';

/** A broker of our own, on 127.0.0.1. */
export interface KafkaServer {
  broker: string;
  /** A listener with logins (SASL PLAIN): `writer` and `reader`, with these words as passwords, who may do what ACLs allow. */
  secured: string;
  /** A listener with TLS, and the authority of its certificate. */
  tls: { broker: string; ca: string };
  /** Logins over TLS, by PLAIN and SCRAM-SHA-512, with the same authority: `sealed`, with this word as password, who may do anything. */
  sealed: string;
  /** Takes the broker away, as an outage does; what it keeps stays. */
  halt(): Promise<void>;
  /** Brings it back on the same port. */
  resume(): Promise<void>;
  /** Lets it answer nobody, and keep its connections, until it is thawed. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

const version = '4.4.0';
const artifacts = [
  { group: 'org.apache.kafka', name: 'kafka_2.13', version, excludes: ['org.apache.kafka:kafka-tools-api'] },
  { group: 'org.slf4j', name: 'slf4j-simple', version: '1.7.36' },
];
const login = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const users = 'user_writer="writer" user_reader="reader" user_sealed="sealed"';
const scramLogin = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const scram = 'SCRAM-SHA-512=[name=sealed,password=sealed]';
const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

/** Starts Kafka (KRaft, one broker) from Maven Central's jars, which are fetched once. Needs java 17 and mvn. */
export async function startKafka(): Promise<KafkaServer> {
  const libraries = await keptFolder('kafka', version, (fresh) => fetchJars(artifacts, fresh));
  const folder = mkdtempSync(join(tmpdir(), 'headrace-kafka-'));
  const [port, controller, secured, tls, sealed] = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
  const authority = makeAuthority();
  const settings = join(folder, 'server.properties');
  writeFileSync(settings, properties(folder, { port, controller, secured, tls, sealed }, authority.issue('kafka')));
  const classPath = join(libraries, 'jars', '*');
  const format = [
    '-Xmx256m',
    ...java,
    '-cp',
    classPath,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    '4L6g3nShT-eMCtK--X86sw',
    '-c',
    settings,
    '--add-scram',
    scram,
  ];
  await promisify(execFile)('java', format);
  const broker = `127.0.0.1:${port}`;
  const server = new ServerProcess({
    name: 'Kafka',
    program: 'java',
    parameters: ['-Xms128m', '-Xmx512m', `-Djava.io.tmpdir=${folder}`, ...java, '-cp', classPath, 'kafka.Kafka', settings],
    log: join(folder, 'log'),
    timeLimit: 180_000,
    answers: () => listTopics(broker),
  });
  const halt = () => server.halt('SIGKILL');
  const stop = async () => {
    await halt();
    rmSync(folder, { recursive: true, force: true });
  };
  await server.resume().catch(async (error) => {
    await stop();
    throw error;
  });
  const signal = (name: NodeJS.Signals) => () => void (server.pid !== undefined && process.kill(server.pid, name));
  return {
    broker,
    secured: `127.0.0.1:${secured}`,
    tls: { broker: `127.0.0.1:${tls}`, ca: authority.cert },
    sealed: `127.0.0.1:${sealed}`,
    halt,
    resume: () => server.resume(),
    freeze: signal('SIGSTOP'),
    thaw: signal('SIGCONT'),
    stop,
  };
}

type Ports = Record<'port' | 'controller' | 'secured' | 'tls' | 'sealed', number>;

function properties(folder: string, { port, controller, secured, tls, sealed }: Ports, { cert, key }: Certified): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},SECURED://127.0.0.1:${secured},TLS://127.0.0.1:${tls},SEALED://127.0.0.1:${sealed},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SECURED://127.0.0.1:${secured},TLS://127.0.0.1:${tls},SEALED://127.0.0.1:${sealed}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_PLAINTEXT,TLS:SSL,SEALED:SASL_SSL',
    ...certified('tls', cert, key),
    ...certified('sealed', cert, key),
    'listener.name.sealed.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
    'listener.name.sealed.plain.sasl.jaas.config': `${login} required ${users};`,
    'listener.name.sealed.scram-sha-512.sasl.jaas.config': `${scramLogin} required;`,
    'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.secured.plain.sasl.jaas.config': `${login} required ${users};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Who comes without a login: the broker itself, and tests that need no rights.
    'super.users': 'User:ANONYMOUS;User:sealed',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'num.partitions': 3,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A message says when the broker took it.
    'log.message.timestamp.type': 'LogAppendTime',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

function certified(listener: string, cert: string, key: string): Record<string, string> {
  const prefix = `listener.name.${listener}.ssl.keystore`;
  return { [`${prefix}.type`]: 'PEM', [`${prefix}.certificate.chain`]: onOneLine(cert), [`${prefix}.key`]: onOneLine(key) };
}

/** As a file of properties has it. */
function onOneLine(pem: string): string {
  return pem.replaceAll('\n', '\\n');
}

async function listTopics(broker: string): Promise<void> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 }, connectionTimeout: 1_000 }).admin();
  try {
    await admin.connect();
    await admin.listTopics();
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
