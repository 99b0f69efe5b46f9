import { readFileSync } from 'node:fs';
import { HeadraceError } from '../../authoring/errors.js';

/**
 * What headrace.json holds, or undefined where there is none.
 *
 * @throws HeadraceError unreadable_file, or bad_settings when it is not JSON
 */
export function readSettingsFile(file: string): unknown {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrongSettings(file, `it is no JSON${placeOf(text, error as SyntaxError)}.`);
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(file, error as Error);
  }
}

/** As editors count: line and column. The parser's own words quote the file, and there may be a secret. */
function placeOf(text: string, { message }: SyntaxError): string {
  const position = / at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return '';
  const lines = text.slice(0, Number(position)).split('\n');
  return `, at ${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}

function unreadable(file: string, { message }: Error): HeadraceError {
  return new HeadraceError(`${file} cannot be read: ${message}`, { code: 'unreadable_file', where: file });
}

/** Makes the error for a settings file that is not what it should be. */
export function wrongSettings(file: string, reason: string): HeadraceError {
  return new HeadraceError(`${file} is wrong: ${reason}`, {
    code: 'bad_settings',
    where: file,
    fix: 'Write { "pipelines": "./pipelines", "connections": { "warehouse": { "kind": "postgres", "url": "env:WAREHOUSE_URL" } }, "temporal": { "address": "host:7233" } }.',
  });
}
