import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonEnvironment, pythonFolder } from './python-folder.js';

/** Schemathesis with all that it needs, as pip freeze wrote it. */
const requirements = join(import.meta.dirname, 'contract/requirements.txt');

/** What is sent in the place of a parameter, such as `path.id`, by operation; '' for all of them. */
export type Known = Record<string, Record<string, string>>;

export interface Questions {
  url: string;
  /** Sent as a login. */
  key?: string;
  known: Known;
  /** 'stateful' follows the links from an answer to the next question, as from a run that was started to its status. */
  phases: 'coverage,fuzzing' | 'stateful';
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
export function schemathesisFolder(): Promise<string> {
  return pythonFolder('schemathesis', requirements);
}

/**
 * Asks an API what its description allows and forbids, and checks each answer against it. All checks are on but one: what fits the schema may be
 * refused still, as a cursor that no page gave.
 */
export async function askEverything(questions: Questions): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-schemathesis-'));
  const settings = join(folder, 'schemathesis.toml');
  writeFileSync(settings, settingsOf(questions));
  const { url, phases, seed, within } = questions;
  const how = [`--phases=${phases}`, '--checks=all', '--exclude-checks=positive_data_acceptance', '--workers=1', '--max-examples=15', '--no-shrink'];
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

async function ask(program: string, words: string[], cwd: string): Promise<Verdict> {
  const child = spawn(program, words, { cwd, env: { ...process.env, ...pythonEnvironment }, stdio: ['ignore', 'pipe', 'pipe'] });
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
