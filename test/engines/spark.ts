import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../worker/dev/executable.js';
import { freePort } from '../../worker/dev/port.js';
import { keptFolder } from '../servers/kept-folder.js';
import { ServerProcess } from '../servers/server-process.js';
import { startTogether } from '../servers/together.js';

/** A standalone cluster of our own on 127.0.0.1: a master that takes submissions by REST, and one worker. */
export interface SparkCluster {
  /** Of the REST submission API. */
  rest: string;
  /** Of the master's page. */
  ui: string;
  /** SPARK_HOME. */
  home: string;
  /** Kills the master; what it knows is on disk. Workers and drivers go on. */
  halt(): Promise<void>;
  /** Brings it back on its ports. It recovers until its worker has answered. */
  resume(): Promise<void>;
  /** Lets the worker answer nobody until it is thawed; its drivers go on. */
  freezeWorker(): void;
  thawWorker(): void;
  stop(): Promise<void>;
}

const version = '4.0.5';
const requirements = [`pyspark==${version}`, 'py4j==0.10.9.9'];

/** Spark from PyPI: SPARK_HOME. Needs python3 with pip, and java 17. */
export async function sparkHome(): Promise<string> {
  const python = findOnPath('python3');
  if (!python) throw new Error('there is no python3 on PATH (apt-get install python3-pip)');
  const folder = await keptFolder('spark', version, async (fresh) => {
    console.error(`Fetching Spark ${version} from PyPI: 430 MB, the first time only.`);
    const quietly = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--no-deps'];
    await promisify(execFile)(python, [...quietly, '--target', fresh, ...requirements], { timeout: 15 * 60_000 });
  });
  return join(folder, 'pyspark');
}

/** What Spark's programs need in their environment: they write nothing into the cache. */
export function sparkEnvironment(home: string): Record<string, string> {
  return {
    SPARK_HOME: home,
    SPARK_SCALA_VERSION: '2.13',
    SPARK_LOCAL_IP: '127.0.0.1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYSPARK_PYTHON: 'python3',
    PATH: process.env.PATH ?? '',
  };
}

/** Starts it. @param settings of the master, beside what it needs */
export async function startSpark(settings: Readonly<Record<string, string>> = {}): Promise<SparkCluster> {
  const home = await sparkHome();
  const folder = mkdtempSync(join(tmpdir(), 'headrace-spark-'));
  const [port, ui, rest, workerUi] = [await freePort(), await freePort(), await freePort(), await freePort()];
  writeSettings(folder, rest, settings);
  const page = `http://127.0.0.1:${ui}`;
  const daemon = (name: string, type: string, parameters: string[], answers: () => Promise<unknown>) =>
    new ServerProcess({
      name,
      program: 'java',
      parameters: [
        '-Xmx384m',
        '-XX:+UseSerialGC',
        '-cp',
        [join(folder, 'conf'), join(home, 'jars/*')].join(':'),
        `org.apache.spark.deploy.${type}`,
        ...parameters,
      ],
      options: { cwd: folder, env: { ...process.env, ...sparkEnvironment(home), SPARK_CONF_DIR: join(folder, 'conf') } },
      log: join(folder, `${type}.log`),
      timeLimit: 180_000,
      answers,
    });
  const properties = ['--properties-file', join(folder, 'conf/spark-defaults.conf')];
  const master = daemon('Spark’s master', 'master.Master', ['--host', '127.0.0.1', '--port', `${port}`, '--webui-port', `${ui}`, ...properties], () =>
    alive(page, 0),
  );
  const size = ['--cores', '8', '--memory', '6g', '--work-dir', join(folder, 'work')];
  const worker = daemon('Spark’s worker', 'worker.Worker', ['--host', '127.0.0.1', '--webui-port', `${workerUi}`, ...size, `spark://127.0.0.1:${port}`], () =>
    alive(page, 1),
  );
  const resume = async () => {
    await master.resume();
    await untilAlive(page);
  };
  return startTogether(async (keep) => {
    await keep({ stop: () => rmSync(folder, { recursive: true, force: true }) });
    await keep(master.begin('SIGKILL'));
    await keep(worker.begin('SIGTERM'));
    const signal = (name: NodeJS.Signals) => () => void process.kill(worker.pid as number, name);
    return {
      rest: `http://127.0.0.1:${rest}`,
      ui: page,
      home,
      halt: () => master.halt('SIGKILL'),
      resume,
      freezeWorker: signal('SIGSTOP'),
      thawWorker: signal('SIGCONT'),
    };
  });
}

function writeSettings(folder: string, rest: number, settings: Readonly<Record<string, string>>): void {
  for (const name of ['conf', 'work', 'recovery']) mkdirSync(join(folder, name));
  const all = {
    'spark.master.rest.enabled': 'true',
    'spark.master.rest.host': '127.0.0.1',
    'spark.master.rest.port': String(rest),
    // The master knows its drivers again after its restart.
    'spark.deploy.recoveryMode': 'FILESYSTEM',
    'spark.deploy.recoveryDirectory': join(folder, 'recovery'),
    ...settings,
  };
  const text = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(join(folder, 'conf/spark-defaults.conf'), text.join(''));
}

async function alive(page: string, workers: number): Promise<void> {
  const { status, aliveworkers } = (await (await fetch(`${page}/json/`)).json()) as { status: string; aliveworkers: number };
  if (status !== 'ALIVE' || aliveworkers < workers) throw new Error(`the master is ${status} with ${aliveworkers} workers`);
}

/** Its worker finds the master again, and the master waits for it. */
async function untilAlive(page: string): Promise<void> {
  for (const end = Date.now() + 90_000; ; await new Promise((resolve) => setTimeout(resolve, 250))) {
    const refusal = await alive(page, 1).then(
      () => undefined,
      (error: Error) => error,
    );
    if (refusal === undefined) return;
    if (Date.now() > end) throw refusal;
  }
}
