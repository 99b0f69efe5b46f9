import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../worker/dev/executable.js';
import { keptFolder } from '../servers/kept-folder.js';

/** Schemathesis with all that it needs, as pip freeze wrote it. */
const requirements = join(import.meta.dirname, 'contract/requirements.txt');
const run = promisify(execFile);
const quietly = { maxBuffer: 2 ** 26, timeout: 10 * 60_000 };

/** What is sent in the place of a parameter, such as `path.id`, by operation; '' for all of them. */
export type Known = Record<string, Record<string, string>>;

export interface Questions {
  url: string;
  /** Sent as a login. */
  key?: string;
  known: Known;
  /** Of the requests that it thinks up. */
  seed: number;
  /** Seconds. */
  within: number;
}

/** What schemathesis said, and how it ended: with 0 when nothing was found. */
export interface Verdict {
  code: number | null;
  said: string;
}

/** Schemathesis from PyPI, in a virtual environment that is made once. Needs python3 with venv. */
export async function schemathesisFolder(): Promise<string> {
  const python = findOnPath('python3');
  if (!python) throw new Error('there is no python3 on PATH (apt-get install python3-venv)');
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  return keptFolder('schemathesis', version, async (folder) => {
    await run(python, ['-m', 'venv', '--copies', folder], quietly);
    await run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements], quietly);
  });
}

/**
 * Asks an API what its description allows and forbids, and checks each answer against it. All checks are on but one: what fits the schema may be
 * refused still, as a cursor that no page gave.
 */
export async function askEverything(questions: Questions): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-schemathesis-'));
  const settings = join(folder, 'schemathesis.toml');
  writeFileSync(settings, settingsOf(questions));
  const { url, seed, within } = questions;
  const how = ['--phases=coverage,fuzzing', '--checks=all', '--exclude-checks=positive_data_acceptance', '--workers=1', '--max-examples=15', '--no-shrink'];
  const words = [
    '--config-file',
    settings,
    'run',
    `${url}/openapi.json`,
    ...how,
    `--seed=${seed}`,
    `--max-time=${within}`,
    '--no-color',
    '--request-timeout=60',
  ];
  try {
    return await ask(join(await schemathesisFolder(), 'bin/python'), ['-m', 'schemathesis.cli', ...words], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder is in the cache with its checksums: Python writes nothing into it. */
async function ask(program: string, words: string[], cwd: string): Promise<Verdict> {
  const child = spawn(program, words, { cwd, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, said };
}

function settingsOf({ key, known }: Questions): string {
  const { '': always = {}, ...ofOperations } = known;
  return [
    'continue-on-failure = true',
    ...(key === undefined ? [] : [`headers = { Authorization = ${JSON.stringify(`Bearer ${key}`)} }`]),
    `parameters = ${table(always)}`,
    '[generation]',
    'database = "none"',
    ...Object.entries(ofOperations).flatMap(([operation, values]) => [
      '[[operations]]',
      `include-name = ${JSON.stringify(operation)}`,
      `parameters = ${table(values)}`,
    ]),
  ].join('\n');
}

function table(values: Record<string, string>): string {
  return `{ ${Object.entries(values)
    .map((pair) => pair.map((it) => JSON.stringify(it)).join(' = '))
    .join(', ')} }`;
}
