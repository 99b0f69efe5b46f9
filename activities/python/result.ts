import { readFile, stat } from 'node:fs/promises';
import { ValidationError } from '../../sdk/index.js';
import { parseExact } from '../outside/parse-exact.js';

/** Bytes of a result. */
export const largest = 1_048_576;

/** What a script wrote as its result, or null when it wrote nothing. @throws ValidationError when it is no JSON, or more than 1 MiB; what the file system says */
export async function readResult(file: string): Promise<unknown> {
  const size = await sizeOf(file);
  if (size === 0) return null;
  if (size > largest) throw tooLarge(size);
  return parseResult(await readFile(file, 'utf8'));
}

/** A result, in which an integer that a number cannot hold is a string. @throws ValidationError when it is no JSON */
export function parseResult(text: string): unknown {
  try {
    return parseExact(text);
  } catch (error) {
    throw notJson((error as Error).message);
  }
}

/** A file that is not there has none. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

export function tooLarge(size: number): ValidationError {
  return new ValidationError(`The script's result has ${size} bytes; ${largest} are allowed.`, { code: 'payload_too_large' });
}

export function notJson(reason: string): ValidationError {
  return new ValidationError(`The script's result is not JSON: ${reason}`, { fix: 'Write it with json.dump(result, file).' });
}
