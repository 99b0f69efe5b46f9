import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../worker/dev/executable.js';
import { keptFolder } from '../servers/kept-folder.js';

const run = promisify(execFile);
const quietly = { maxBuffer: 2 ** 26, timeout: 10 * 60_000 };

/**
 * A virtual environment with what a requirements file pins, made once. It is in the cache with its checksums: start its programs as
 * `bin/python -m …`, and with `pythonEnvironment`. Needs python3 with venv.
 */
export async function pythonFolder(name: string, requirements: string, ...options: readonly string[]): Promise<string> {
  const python = findOnPath('python3');
  if (!python) throw new Error('there is no python3 on PATH (apt-get install python3-venv)');
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  return keptFolder(name, version, async (folder) => {
    await run(python, ['-m', 'venv', '--copies', folder], quietly);
    await run(
      join(folder, 'bin/python'),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements, ...options],
      quietly,
    );
  });
}

/** Python writes nothing into its folder. */
export const pythonEnvironment = { PYTHONDONTWRITEBYTECODE: '1' };
