import { readFile, stat } from 'node:fs/promises';
import { ValidationError } from '../../sdk/index.js';

/** Bytes of a result. */
export const largest = 1_048_576;

/** What a script wrote as its result, or null when it wrote nothing. @throws ValidationError when it is no JSON, or more than 1 MiB */
export async function readResult(file: string): Promise<unknown> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0) return null;
  if (size > largest) throw tooLarge(size);
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw notJson((error as Error).message);
  }
}

export function tooLarge(size: number): ValidationError {
  return new ValidationError(`The script's result has ${size} bytes; ${largest} are allowed.`, { code: 'payload_too_large' });
}

export function notJson(reason: string): ValidationError {
  return new ValidationError(`The script's result is not JSON: ${reason}`, { fix: 'Write it with json.dump(result, file).' });
}
