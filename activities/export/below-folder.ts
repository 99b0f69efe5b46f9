import { realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { HeadraceError, PermissionDeniedError } from '../../sdk/index.js';

/**
 * The absolute path of a file below the folder of a `files` connection, which may not be there yet.
 *
 * @throws PermissionDeniedError when the path, or a symbolic link on it, leaves the folder; HeadraceError when the folder is not there
 */
export async function belowFolder(folder: string, path: string): Promise<string> {
  const root = await realpath(folder).catch((error: Error) => {
    throw new HeadraceError(`The folder ${folder} cannot be used: ${error.message}`, { code: 'unreadable_file', where: folder });
  });
  const target = resolve(root, path);
  if (!isBelow(root, target) || !isBelow(root, await realPathOf(target), true)) {
    throw new PermissionDeniedError(`'${path}' leaves the folder of its connection.`, { fix: "Give a path below the connection's folder." });
  }
  return target;
}

function isBelow(root: string, path: string, orEqual = false): boolean {
  const way = relative(root, path);
  return (orEqual || way !== '') && way !== '..' && !way.startsWith(`..${sep}`);
}

/** Where a path really is: links are followed as far as it exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return realPathOf(dirname(path));
  }
}
