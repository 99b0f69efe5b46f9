import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { cacheFolder } from '../../worker/dev/cache-folder.js';
import { leash } from '../../worker/dev/leash.js';
import { freePort } from '../../worker/dev/port.js';

/** A broker of our own, on 127.0.0.1. */
export interface KafkaServer {
  broker: string;
  /** Takes the broker away, as an outage does; what it keeps stays. */
  halt(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Brings it back on the same port. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const version = '4.4.0';
const run = promisify(execFile);
const javaOptions = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

/** Starts Kafka (KRaft, one broker) from Maven Central's jars, which are fetched once. Needs java 17 and mvn. */
export async function startKafka(): Promise<KafkaServer> {
  const libraries = await fetchLibraries();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-kafka-'));
  const port = await freePort();
  const settings = join(folder, 'server.properties');
  writeFileSync(settings, properties(folder, port, await freePort()));
  const classPath = join(libraries, '*');
  await run('java', ['-Xmx256m', ...javaOptions, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', '4L6g3nShT-eMCtK--X86sw', '-c', settings]);
  const broker = `127.0.0.1:${port}`;
  let running: ChildProcess | undefined;
  const resume = async () => {
    running = launch(folder, ['-Xms128m', '-Xmx512m', ...javaOptions, '-cp', classPath, 'kafka.Kafka', settings]);
    await untilItAnswers(broker, running, folder);
  };
  const halt = async (signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL') => {
    if (running !== undefined) await end(running, signal);
    running = undefined;
  };
  const stop = async () => {
    await halt();
    rmSync(folder, { recursive: true, force: true });
  };
  await resume().catch(async (error) => {
    await stop();
    throw error;
  });
  return { broker, halt, resume, stop };
}

async function fetchLibraries(): Promise<string> {
  const libraries = cacheFolder(`kafka-${version}`);
  if (existsSync(libraries)) return libraries;
  const aside = `${libraries}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  const project = join(aside, 'pom.xml');
  writeFileSync(project, pom());
  await run('mvn', [
    '-B',
    '-q',
    '-f',
    project,
    'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${aside}`,
  ]);
  // Another process may have been first.
  if (existsSync(libraries)) rmSync(aside, { recursive: true });
  else renameSync(aside, libraries);
  return libraries;
}

function pom(): string {
  const dependency = (group: string, name: string, at: string, more = '') =>
    `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${at}</version>${more}</dependency>`;
  const exclusion = '<exclusions><exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion></exclusions>';
  const dependencies = dependency('org.apache.kafka', 'kafka_2.13', version, exclusion) + dependency('org.slf4j', 'slf4j-simple', '1.7.36');
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>lab</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging><dependencies>${dependencies}</dependencies></project>`;
}

function properties(folder: string, port: number, controller: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'num.partitions': 3,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

function launch(folder: string, parameters: string[]): ChildProcess {
  const log = openSync(join(folder, 'log'), 'a');
  const child = spawn('java', parameters, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const unleash = leash(child.pid as number);
  child.once('exit', unleash);
  return child;
}

async function untilItAnswers(broker: string, child: ChildProcess, folder: string): Promise<void> {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 }, connectionTimeout: 1_000 });
  for (const end = Date.now() + 60_000; ; await wait(200)) {
    const admin = kafka.admin();
    try {
      await admin.connect();
      await admin.listTopics();
      return;
    } catch (error) {
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`Kafka did not start: ${(error as Error).message}; its log: ${readFileSync(join(folder, 'log'), 'utf8').slice(-500)}`);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
