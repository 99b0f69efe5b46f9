import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../worker/dev/port.js';
import { keptFolder } from '../servers/kept-folder.js';
import { fetchJars } from '../servers/maven.js';
import { ServerProcess } from '../servers/server-process.js';
import { pythonFolder } from './python-folder.js';

const version = '2.2.1';
const run = promisify(execFile);

/** Where pip puts Flink's own home. @param of a version that flink/ has a list of requirements for */
export async function flinkHome(of = version): Promise<string> {
  const environment = join(await pythonFolder('flink', join(import.meta.dirname, `flink/flink-${of}.txt`), '--no-deps'), 'lib');
  const [python = 'python3'] = readdirSync(environment);
  return join(environment, python, 'site-packages/pyflink');
}

/** A session cluster of our own, on 127.0.0.1: a JobManager, a TaskManager with 4 slots, an SQL gateway. */
export interface FlinkServer {
  rest: string;
  sqlGateway: string;
  version: string;
  /** Where savepoints may be written. */
  folder: string;
  jobManager: ServerProcess;
  taskManager: ServerProcess;
  gateway: ServerProcess;
  stop(): Promise<void>;
}

/** Starts Flink from PyPI's libraries and Maven Central's gateway, which are fetched once. Needs java 17, mvn and python3 with venv. */
export async function startFlink(): Promise<FlinkServer> {
  const libraries = await flinkHome();
  const gatewayJars = await keptFolder('flink-sql-gateway', version, (fresh) => fetchJars([gateway], fresh));
  const folder = mkdtempSync(join(tmpdir(), 'headrace-flink-'));
  const [rest, rpc, sql] = [await freePort(), await freePort(), await freePort()];
  mkdirSync(join(folder, 'conf'));
  writeFileSync(join(folder, 'conf/config.yaml'), settings(folder, rest, rpc, sql));
  writeFileSync(join(folder, 'conf/log4j.properties'), logging);
  const classPath = join(libraries, 'lib', '*');
  const urls = { rest: `http://127.0.0.1:${rest}`, sqlGateway: `http://127.0.0.1:${sql}` };
  const server = (name: string, parameters: readonly string[], answers: () => Promise<unknown>, path = classPath) =>
    new ServerProcess({
      name: `Flink's ${name}`,
      program: 'java',
      parameters: [...javaOfFlink, `-Dlog4j.configurationFile=${join(folder, 'conf/log4j.properties')}`, '-cp', path, ...parameters],
      options: {
        env: { ...process.env, FLINK_CONF_DIR: join(folder, 'conf'), FLINK_LIB_DIR: join(libraries, 'lib'), FLINK_OPT_DIR: join(libraries, 'opt') },
        cwd: folder,
      },
      log: join(folder, `${name}.log`),
      answers,
    });
  const configuration = ['--configDir', join(folder, 'conf')];
  const memory = await taskManagerMemory(libraries, configuration);
  const jobManager = server(
    'job-manager',
    ['-Xmx384m', 'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint', ...configuration, '-D', 'blob.server.port=0'],
    () => ask(`${urls.rest}/overview`),
  );
  const taskManager = server('task-manager', [...memory.java, 'org.apache.flink.runtime.taskexecutor.TaskManagerRunner', ...configuration, ...memory.own], () =>
    ask(`${urls.rest}/overview`, '"taskmanagers":1'),
  );
  const sqlGateway = server(
    'sql-gateway',
    ['-Xmx256m', 'org.apache.flink.table.gateway.SqlGateway'],
    () => ask(`${urls.sqlGateway}/info`),
    [classPath, ...jarsOf(gatewayJars)].join(':'),
  );
  const all = [jobManager, taskManager, sqlGateway];
  const stop = async () => {
    await Promise.all(all.map((it) => it.halt('SIGTERM')));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const part of all) await part.resume();
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...urls, version, folder, jobManager, taskManager, gateway: sqlGateway, stop };
}

const gateway = { group: 'org.apache.flink', name: 'flink-sql-gateway', version };

/** What Flink has by itself is in its libraries; the gateway's artifact alone is new. */
function jarsOf(folder: string): string[] {
  return readdirSync(join(folder, 'jars'))
    .filter((name) => name.startsWith('flink-sql-gateway'))
    .map((name) => join(folder, 'jars', name));
}

/** The jar of the tests' own job, compiled once. */
export async function compileJob(source: string, of = version): Promise<string> {
  const sum = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const folder = await keptFolder('flink-job', `${of}-${sum}`, async (fresh) => {
    const classes = join(fresh, 'classes');
    await run('javac', ['-J-Xmx256m', '-nowarn', '-cp', join(await flinkHome(of), 'lib', '*'), '-d', classes, source]);
    await run('jar', ['--create', '--file', join(fresh, 'job.jar'), '-C', classes, '.']);
  });
  return join(folder, 'job.jar');
}

/** What Flink's own script would compute: the TaskManager's memory, as parameters of java and as its own. */
async function taskManagerMemory(libraries: string, configuration: readonly string[]): Promise<{ java: string[]; own: string[] }> {
  const path = [join(libraries, 'bin/bash-java-utils.jar'), join(libraries, 'lib', '*')].join(':');
  const { stdout } = await run('java', [
    '-Xmx128m',
    '-cp',
    path,
    'org.apache.flink.runtime.util.bash.BashJavaUtils',
    'GET_TM_RESOURCE_PARAMS',
    ...configuration,
  ]);
  const results = stdout.split('\n').flatMap((line) => line.split('BASH_JAVA_UTILS_EXEC_RESULT:').slice(1));
  const [ofJava = [], own = []] = results.map((line) => line.trim().split(/\s+/));
  return { java: ofJava, own };
}

async function ask(url: string, wanted = ''): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok || !(await answer.text()).includes(wanted)) throw new Error(`${url} does not say ${wanted}`);
}

function settings(folder: string, rest: number, rpc: number, sql: number): string {
  const values = {
    'jobmanager.rpc.address': '127.0.0.1',
    'jobmanager.rpc.port': rpc,
    'jobmanager.bind-host': '127.0.0.1',
    'jobmanager.memory.process.size': '1024m',
    'taskmanager.bind-host': '127.0.0.1',
    'taskmanager.host': '127.0.0.1',
    'taskmanager.memory.process.size': '1280m',
    'taskmanager.memory.network.max': '64m',
    'taskmanager.memory.network.min': '64m',
    'taskmanager.memory.managed.size': '128m',
    'taskmanager.numberOfTaskSlots': 4,
    'parallelism.default': 1,
    'rest.address': '127.0.0.1',
    'rest.bind-address': '127.0.0.1',
    'rest.port': rest,
    'web.refresh-interval': 200,
    'heartbeat.interval': 2000,
    'heartbeat.timeout': 10000,
    'restart-strategy.type': 'none',
    'web.upload.dir': join(folder, 'upload'),
    'io.tmp.dirs': join(folder, 'tmp'),
    'execution.checkpointing.savepoint-dir': `file://${join(folder, 'savepoints')}`,
    'sql-gateway.endpoint.rest.address': '127.0.0.1',
    'sql-gateway.endpoint.rest.port': sql,
    'sql-gateway.endpoint.rest.bind-address': '127.0.0.1',
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** Of log4j: to standard output. */
export const logging = `rootLogger.level = INFO
rootLogger.appenderRef.c.ref = C
appender.c.name = C
appender.c.type = CONSOLE
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} - %m%n
`;

const opened = ['lang', 'net', 'io', 'nio', 'lang.reflect', 'text', 'time', 'util', 'util.concurrent', 'util.concurrent.atomic', 'util.concurrent.locks'];
/** What Flink wants of a Java 17. */
export const javaOfFlink = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '--add-exports=java.base/sun.net.util=ALL-UNNAMED',
  '--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED',
  '--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  ...opened.map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
];
