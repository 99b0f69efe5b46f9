import { readFileSync } from 'node:fs';
import { HeadraceError } from '../../authoring/errors.js';

/**
 * What headrace.json holds, or undefined where there is none.
 *
 * @throws HeadraceError unreadable_file, or bad_connection when it is not JSON
 */
export function readSettingsFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error instanceof SyntaxError ? wrongSettings(file, error.message) : unreadable(file, error as Error);
  }
}

function unreadable(file: string, { message }: Error): HeadraceError {
  return new HeadraceError(`${file} cannot be read: ${message}`, { code: 'unreadable_file', where: file });
}

/** Makes the error for a settings file that is not what it should be. */
export function wrongSettings(file: string, reason: string): HeadraceError {
  return new HeadraceError(`${file} is wrong: ${reason}`, {
    code: 'bad_connection',
    where: file,
    fix: 'Write { "pipelines": "./pipelines", "connections": { "warehouse": { "kind": "postgres", "url": "env:WAREHOUSE_URL" } }, "temporal": { "address": "host:7233" } }.',
  });
}
