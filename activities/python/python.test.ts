import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as always, expect, inject, onTestFinished, vi } from 'vitest';
import type * as z from 'zod';
import { PermissionDeniedError, ValidationError } from '../../sdk/index.js';
import { runStep } from '../run-step.fixture.js';
import { stepContext } from '../step-context.fixture.js';
import python from './run.js';
import { pythonScript } from './steps.js';

const { python_script: because } = inject('leftOut');
const test = always.skipIf(because !== undefined);

type Input = z.input<typeof pythonScript.input>;

function run(code: string, input: Partial<Input> = {}, context = stepContext()) {
  return runStep(python, pythonScript, { script: { code }, ...input }, context) as Promise<{ result: unknown; lines: number }>;
}

const give = (expression: string) => `import json, os, sys\njson.dump(${expression}, open(os.environ['HEADRACE_RESULT'], 'w'))`;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that has ended and waits for its parent to notice is not alive. */
function isAlive(processId: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(processId)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

async function processIdIn(file: string): Promise<number> {
  return vi.waitFor(
    async () => {
      const processId = Number(await readFile(file, 'utf8'));
      expect(processId).toBeGreaterThan(0);
      return processId;
    },
    { timeout: 10_000 },
  );
}

const gone = (processId: number) => vi.waitFor(() => expect(isAlive(processId)).toBe(false), { timeout: 10_000 });

test('a script reads its input and arguments and gives its result', async () => {
  const code = give('{"got": json.load(sys.stdin), "args": sys.argv[1:]}');
  expect(await run(code, { input: { day: '2001-01-01', text: 'é' }, args: ['--fast', 'a b'] })).toMatchObject({
    result: { got: { day: '2001-01-01', text: 'é' }, args: ['--fast', 'a b'] },
  });
});

test('an integer that a number cannot hold comes as its digits', async () => {
  expect(await run(give('{"snapshot": 8924558786060583479, "rows": 3}'))).toMatchObject({ result: { snapshot: '8924558786060583479', rows: 3 } });
});

test('a script that writes no result gives null, and may leave its input unread', async () => {
  expect(await run('pass', { input: 'x'.repeat(1_000_000) })).toEqual({ result: null, lines: 0 });
});

test('a script of a files connection is run, and none outside its folder', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'clean.py'), give('"cleaned"'));
  await symlink('/etc', join(folder, 'link'));
  const context = stepContext({ scripts: { kind: 'files', folder } });
  const script = (path: string) => runStep(python, pythonScript, { script: { connection: 'scripts', path } }, context);
  expect(await script('clean.py')).toMatchObject({ result: 'cleaned' });
  for (const path of ['../clean.py', '/etc/passwd', 'link/passwd', '.']) await expect(script(path)).rejects.toThrow(PermissionDeniedError);
  await expect(script('missing.py')).rejects.toThrow("can't open file");
});

test('what a script prints is logged, and its last lines are in its error', async () => {
  const context = stepContext();
  await expect(run('import sys\nprint("one")\nsys.stderr.write("two")\nraise TypeError("broken")', {}, context)).rejects.toMatchObject({
    code: 'script_failed',
    name: 'HeadraceError',
    message: expect.stringMatching(/^The script ended with exit code 1\.\n.*one.*TypeError: broken/s) as string,
  });
  expect(context.lines).toContain('one');
});

test.each([64, 65])('exit code %i is never retried', async (code) => {
  await expect(run(`raise SystemExit(${code})`)).rejects.toThrow(ValidationError);
});

test.each([
  [`open(__import__('os').environ['HEADRACE_RESULT'], 'w').write('{')`, 'not JSON'],
  [give('"x" * 2000000'), '1048576 are allowed'],
])('a result that cannot be taken is refused: %s', async (code, reason) => {
  await expect(run(code)).rejects.toThrow(reason);
  await expect(run(code)).rejects.toThrow(ValidationError);
});

test('a flood of output is capped', async () => {
  const context = stepContext();
  expect(await run('print("x" * 1000000)\nfor i in range(5000): print(i)', {}, context)).toMatchObject({ result: null });
  expect(context.lines).toHaveLength(1_001);
  expect(Math.max(...context.lines.map((line) => line.length))).toBeLessThanOrEqual(4_000);
  expect(context.lines.at(-1)).toMatch(/more lines of the script are not logged/);
});

test("a script sees nothing of the worker's environment, and only the connections that are named", async () => {
  vi.stubEnv('WORKER_SECRET', 'topsecret');
  onTestFinished(() => void vi.unstubAllEnvs());
  const context = stepContext(
    { warehouse: { kind: 'postgres', url: 'postgres://u:topsecret@h/d' }, other: { kind: 'slack', webhook: 'https://hooks.example/other' } },
    { attempt: 2 },
  );
  const { result } = await run(give('dict(os.environ)'), { connections: ['warehouse'], environment: { MODE: 'fast' } }, context);
  const environment = result as Record<string, string>;
  expect(environment).toMatchObject({ MODE: 'fast', HEADRACE_KEY: context.key, HEADRACE_ATTEMPT: '2' });
  expect(JSON.parse(environment.HEADRACE_CONNECTION_WAREHOUSE ?? '')).toMatchObject({ url: 'postgres://u:topsecret@h/d' });
  expect(Object.keys(environment)).not.toContain('WORKER_SECRET');
  expect(JSON.stringify(environment)).not.toContain('hooks.example');
});

test('a password that a script prints is neither in the log nor in its error', async () => {
  const context = stepContext({ warehouse: { kind: 'postgres', url: 'postgres://u:top%21secret@h/d' } });
  const code = 'import os\nprint(os.environ["HEADRACE_CONNECTION_WAREHOUSE"])\nprint("top!secret")\nraise SystemExit(1)';
  const error = await run(code, { connections: ['warehouse'] }, context).catch((thrown: unknown) => thrown);
  expect(`${String(error)}${context.lines.join()}`).not.toMatch(/top(!|%21)secret/);
});

test('a script that takes more memory than it may fails, and the worker lives', async () => {
  await expect(run('x = bytearray(600 * 1024 * 1024)', { memory: '256MB' })).rejects.toThrow('MemoryError');
});

test('a script that computes longer than it may is ended', async () => {
  await expect(run('while True: pass', { cpuSeconds: 1 })).rejects.toThrow('computed for more than 1 seconds');
});

test('a script that is cancelled ends at once, with the processes that it started', async () => {
  const file = join(await temporaryFolder(), 'pid');
  const stop = new AbortController();
  const running = run(
    `import subprocess, time\nchild = subprocess.Popen(["sleep", "600"])\nopen("${file}", "w").write(str(child.pid))\ntime.sleep(600)`,
    {},
    stepContext({}, { signal: stop.signal }),
  );
  const child = await processIdIn(file);
  stop.abort(new Error('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  await gone(child);
});

test('a script that heeds no TERM is killed', async () => {
  const file = join(await temporaryFolder(), 'pid');
  const stop = new AbortController();
  const running = run(
    `import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen("${file}", "w").write(str(os.getpid()))\ntime.sleep(600)`,
    {},
    stepContext({}, { signal: stop.signal }),
  );
  const script = await processIdIn(file);
  stop.abort(new Error('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  await gone(script);
});

test('what a script leaves in the background ends with it', async () => {
  const { result } = await run(`import subprocess\nchild = subprocess.Popen(["sleep", "600"])\n${give('child.pid')}`);
  await gone(result as number);
});

test('a script ends when its worker is killed', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'pid');
  const worker = join(folder, 'worker.ts');
  await writeFile(
    worker,
    `
    import { runLimited } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))};
    void runLimited({
      command: ['python3', '-c', 'import os, time; open(${JSON.stringify(file)}, "w").write(str(os.getpid())); time.sleep(600)'],
      folder: ${JSON.stringify(folder)}, environment: { PATH: process.env.PATH ?? '' }, stdin: '', memory: '1GB', cpuSeconds: 60, signal: new AbortController().signal, onOutput: () => undefined,
    });`,
  );
  const child = spawn(process.execPath, ['--import', 'tsx', worker], { stdio: 'inherit' });
  const script = await processIdIn(file);
  child.kill('SIGKILL');
  await gone(script);
});

test('a worker without python says so', async () => {
  vi.stubEnv('HEADRACE_PYTHON', 'no-such-python');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(run('pass')).rejects.toMatchObject({ code: 'script_failed', fix: expect.stringContaining('HEADRACE_PYTHON') as string });
});

test('no folder is left behind', async () => {
  const { result } = await run(give('os.getcwd()'));
  expect(String(result)).toContain('headrace-python-');
  await expect(readdir(String(result))).rejects.toThrow('ENOENT');
});
