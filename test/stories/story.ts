import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { EncryptionKey } from '../../sdk/node/encryption/key-ring.js';
import type { RunStatus } from '../../sdk/node/status/run-status.js';
import { saveHistory } from '../../sdk/testing/history-file.js';
import { asker } from '../../worker/api/client.fixture.js';
import { leash } from '../../worker/dev/leash.js';
import { binary } from '../faults/binary-process.js';
import { type Ground, openGround } from '../faults/ground.js';
import { until } from '../faults/until.js';
import { startWorker } from '../faults/worker-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const examples = join(root, 'examples');
export const vega = join(root, 'node_modules/vega-datasets/data');

/** What a command left. */
export interface Done {
  code: number;
  out: string;
  err: string;
}

/** A user's machine: a worker, an API, and the command line. */
export interface Story {
  ground: Ground;
  /** The API's address. */
  api: string;
  http: ReturnType<typeof asker>;
  /** Runs `headrace …` and waits for its end. */
  headrace(...words: string[]): Promise<Done>;
  /** What worker and API printed so far. */
  said(): { worker: string; api: string };
  /** `headrace run … --json`: how the run ended, by status and exit code. */
  run(pipeline: string, input: object): Promise<{ code: number; status: RunStatus }>;
  /** Starts a run and does not wait for it. */
  detach(pipeline: string, input: object): Promise<string>;
  /** Keeps the run's history for the replays, where HEADRACE_SAVE_HISTORIES=1 asks for it. */
  keep(name: string, workflowId: string): Promise<void>;
}

/** Starts a worker and an API for the examples, or another folder. */
export async function openStory({
  pipelines = examples,
  environment = {},
  encryption,
  temporal,
}: {
  pipelines?: string;
  environment?: NodeJS.ProcessEnv;
  encryption?: readonly EncryptionKey[];
  /** Another than the test run's. */
  temporal?: { address: string; namespace: string };
} = {}): Promise<Story> {
  const ground = await openGround({ pipelines, connections: { vega: { kind: 'files', folder: vega } }, encryption, temporal });
  Object.assign(ground.environment, environment);
  const [{ api, said }, worker] = await Promise.all([startApiProcess(ground), startWorker(ground)]);
  const headrace = (...words: string[]) => runBinary(words, { ...ground.environment, HEADRACE_API: api });
  return {
    ground,
    api,
    http: asker(api),
    headrace,
    said: () => ({ worker: worker.output, api: said() }),
    run: async (pipeline, input) => {
      const { code, out, err } = await headrace('run', pipeline, JSON.stringify(input), '--json');
      if (out === '') throw new Error(err);
      return { code, status: JSON.parse(out) as RunStatus };
    },
    detach: async (pipeline, input) =>
      (JSON.parse((await headrace('run', pipeline, JSON.stringify(input), '--detach', '--json')).out) as { workflowId: string }).workflowId,
    keep: async (name, workflowId) => {
      if (process.env.HEADRACE_SAVE_HISTORIES === '1') await saveHistory(workflowId, join(root, 'test/replay/histories', `${name}.json`), inject('temporal'));
    },
  };
}

/** Runs the binary as a user does, on no terminal. */
export function runBinary(words: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string): Promise<Done> {
  const settings = { env: { ...process.env, ...environment, NO_COLOR: '1' }, cwd, maxBuffer: 64 * 2 ** 20 };
  return new Promise((resolve) => {
    execFile(process.execPath, [binary, ...words], settings, (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }));
  });
}

/** `headrace api` in a process of its own, on a free port. Gives its address, and what it prints. */
export async function startApiProcess(ground: Ground): Promise<{ api: string; said: () => string }> {
  const child = spawn(process.execPath, [binary, 'api', ground.pipelines, '--port', '0'], {
    env: { ...process.env, ...ground.environment },
    // Its embedded registry is its own, and not that of whoever works in this clone.
    cwd: dirname(ground.lake),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const said = listen(child);
  const unleash = leash(child.pid as number);
  ground.atEnd(() => {
    unleash();
    child.kill('SIGKILL');
    return exited;
  });
  const printed = await until(said, (text) => /API http/.test(text) || child.exitCode !== null, { what: said });
  const address = /API (http\S+)/.exec(printed)?.[1];
  if (address === undefined) throw new Error(`The API did not start:\n${printed}`);
  return { api: address, said };
}

function listen(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => void (said += text));
  return () => said;
}
