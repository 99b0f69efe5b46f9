import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../worker/dev/port.js';
import { ServerProcess } from '../servers/server-process.js';
import { pythonEnvironment, pythonFolder } from './python-folder.js';

/** What we run, and what the parts of it are called. 2.x has its DAG processor in the scheduler, and SQLite lets it run one task at a time. */
const editions = {
  3: { version: '3.3.2', api: 'v2', server: 'api-server', others: ['scheduler', 'dag-processor'], health: 'monitor/health', executor: 'LocalExecutor' },
  2: { version: '2.11.2', api: 'v1', server: 'webserver', others: ['scheduler'], health: 'health', executor: 'SequentialExecutor' },
} as const;

/** An Airflow of our own, on 127.0.0.1. Its users are admin and viewer, with these words as passwords. */
export interface AirflowServer {
  url: string;
  version: string;
  api: 'v1' | 'v2';
  /** Takes the API away, as an outage does; the scheduler goes on. */
  halt(): Promise<void>;
  /** Brings it back on the same port. */
  resume(): Promise<void>;
  /** Kills the scheduler; tasks that run go on, and nobody begins or ends anything else. */
  killScheduler(): Promise<void>;
  /** Starts another. */
  resumeScheduler(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Airflow from PyPI with SQLite, and waits until its DAGs are known. Needs python3 (3.11) with venv. @param more of its environment, for the DAGs */
export async function startAirflow(edition: keyof typeof editions, dags: string, more: NodeJS.ProcessEnv = {}): Promise<AirflowServer> {
  const { version, api, server, others, health } = editions[edition];
  const environment = join(await pythonFolder('airflow', join(import.meta.dirname, `airflow/airflow-${version}.txt`)), 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'headrace-airflow-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const python = join(environment, 'python');
  cpSync(dags, join(folder, 'dags'), { recursive: true });
  writeFileSync(join(folder, 'passwords.json'), JSON.stringify({ admin: 'admin', viewer: 'viewer' }));
  const env = { ...process.env, ...pythonEnvironment, ...settings(folder, url, port, editions[edition].executor), PATH: programs(folder, python), ...more };
  await prepare(edition, python, env);
  const answers = async () => read(await fetch(`${url}/api/${api}/${health}`));
  const healthy = async () => {
    const { scheduler, dag_processor: processor } = await answers();
    if (scheduler?.status !== 'healthy') throw new Error('the scheduler is not healthy');
    if (edition === 3 && processor?.status !== 'healthy') throw new Error('the DAG processor is not healthy');
  };
  const process_ = (name: string, ready: () => Promise<unknown>) =>
    new ServerProcess({
      name: `Airflow's ${name}`,
      program: python,
      parameters: ['-m', 'airflow', name, ...(name === 'scheduler' ? ['--skip-serve-logs'] : [])],
      options: { env, cwd: folder },
      log: join(folder, `${name}.log`),
      answers: ready,
    });
  const front = process_(server, answers);
  const parts = others.map((name, index) => process_(name, index === others.length - 1 ? healthy : async () => undefined));
  const all = [front, ...parts];
  const [scheduler] = parts as [ServerProcess];
  const killed: (number | undefined)[] = [];
  const killScheduler = async () => {
    killed.push(scheduler.pid);
    await scheduler.halt('SIGKILL');
  };
  const stop = async () => {
    await Promise.all(all.map(end));
    killed.forEach(endGroup);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const part of all) await part.resume();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, version, api, halt: () => end(front), resume: () => front.resume(), killScheduler, resumeScheduler: () => scheduler.resume(), stop };
}

/** Tasks and gunicorn's workers are children of a part, in its group. */
async function end(part: ServerProcess): Promise<void> {
  const { pid } = part;
  await part.halt('SIGTERM');
  endGroup(pid);
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them are gone already.
  }
}

async function read(answer: Response): Promise<{ scheduler?: { status?: string }; dag_processor?: { status?: string } }> {
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
  return (await answer.json()) as Awaited<ReturnType<typeof read>>;
}

async function prepare(edition: keyof typeof editions, python: string, env: NodeJS.ProcessEnv): Promise<void> {
  const airflow = (...words: string[]) => promisify(execFile)(python, ['-m', 'airflow', ...words], { env, maxBuffer: 2 ** 26 });
  await airflow('db', 'migrate');
  if (edition === 3) return;
  await airflow('sync-perm');
  for (const role of ['Admin', 'Viewer']) {
    const name = role.toLowerCase();
    await airflow('users', 'create', '-u', name, '-p', name, '-f', name, '-l', name, '-r', role, '-e', `${name}@example.com`);
  }
}

/** 2.x starts tasks by the program `airflow`, and the one that pip made names the folder in which the environment was made. */
function programs(folder: string, python: string): string {
  const bin = join(folder, 'bin');
  cpSync(join(import.meta.dirname, 'airflow/airflow.sh'), join(bin, 'airflow'));
  return `${bin}:${join(python, '..')}:${process.env.PATH}`;
}

function settings(folder: string, url: string, port: number, executor: string): NodeJS.ProcessEnv {
  return {
    AIRFLOW_HOME: folder,
    NO_PROXY: '127.0.0.1,localhost',
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__DAGS_FOLDER: join(folder, 'dags'),
    AIRFLOW__CORE__EXECUTOR: executor,
    AIRFLOW__CORE__PARALLELISM: '4',
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(folder, 'airflow.db')}`,
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: '5',
    AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: '2',
    AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL: '2',
    AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: 'False',
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    // 3.x
    AIRFLOW__API__HOST: '127.0.0.1',
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: '1',
    AIRFLOW__API__BASE_URL: url,
    AIRFLOW__API__SECRET_KEY: 'a-secret-of-the-tests',
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `${url}/execution/`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: 'admin:admin,viewer:viewer',
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: join(folder, 'passwords.json'),
    AIRFLOW__API_AUTH__JWT_SECRET: 'another-secret-of-the-tests-of-64-characters-0123456789-01234567',
    // A login is over within seconds, so that runs outlive it.
    AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME: '5',
    AIRFLOW__API_AUTH__JWT_LEEWAY: '1',
    // 2.x
    AIRFLOW__API__AUTH_BACKENDS: 'airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session',
    AIRFLOW__WEBSERVER__WEB_SERVER_HOST: '127.0.0.1',
    AIRFLOW__WEBSERVER__WEB_SERVER_PORT: String(port),
    AIRFLOW__WEBSERVER__WORKERS: '1',
    AIRFLOW__WEBSERVER__SECRET_KEY: 'a-secret-of-the-tests',
  };
}
