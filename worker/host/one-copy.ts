import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';

/**
 * Refuses a pipelines folder whose zod is another copy than Headrace's: schemas of the one are strangers to the other.
 *
 * @throws HeadraceError two_copies, with both paths
 */
export function refuseForeignCopies(folder: string): void {
  const own = realpathSync(createRequire(import.meta.url).resolve('zod'));
  const theirs = resolveFrom(folder, 'zod');
  if (theirs === undefined || theirs === own) return;
  throw new HeadraceError(`Two copies of zod would be loaded: ${own} and ${theirs}.`, { code: 'two_copies', where: folder });
}

function resolveFrom(folder: string, name: string): string | undefined {
  try {
    return realpathSync(createRequire(join(folder, 'any.js')).resolve(name));
  } catch {
    return undefined;
  }
}
