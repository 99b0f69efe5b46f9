import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';

/** Where nothing was loaded yet, there is no folder yet. @throws HeadraceError unreadable_file */
export async function tryLake(folder: string): Promise<string> {
  if (await may(folder, constants.F_OK)) return writable(folder, folder);
  return writable(await nearest(folder), `${folder} is not there yet, and is made by the first load: its place`);
}

/** DuckDB makes the file, and no folder. @throws HeadraceError unreadable_file */
export async function tryDatabaseFile(file: string): Promise<string> {
  if (await may(file, constants.F_OK)) return writable(file, file);
  const folder = dirname(file);
  if (await may(folder, constants.F_OK)) return writable(folder, `${file} is not there yet, and is made by the first step: its folder`);
  throw unreadable(folder, 'is not there, and nothing makes it', 'Make the folder, or correct `file` of the connection.');
}

/** Steps read from there; only an export writes. @throws HeadraceError unreadable_file */
export async function tryFiles(folder: string): Promise<string> {
  if (!(await may(folder, constants.F_OK)))
    throw unreadable(folder, 'is not there', 'Correct `folder` of the connection, or make the folder; the first export to it makes it, too.');
  if (!(await may(folder, constants.R_OK | constants.X_OK))) throw unreadable(folder, 'cannot be read');
  return `${folder} can be read${(await may(folder, constants.W_OK)) ? ' and written' : ''}`;
}

async function writable(path: string, said: string): Promise<string> {
  if (await may(path, constants.R_OK | constants.W_OK)) return `${said} can be read and written`;
  throw unreadable(path, 'cannot be read and written');
}

const may = (path: string, mode: number) =>
  access(path, mode).then(
    () => true,
    () => false,
  );

/** The folder above that is there. */
async function nearest(path: string): Promise<string> {
  const above = dirname(resolve(path));
  return (await may(above, constants.F_OK)) ? above : nearest(above);
}

function unreadable(path: string, said: string, fix?: string): HeadraceError {
  return new HeadraceError(`${path} ${said}`, { code: 'unreadable_file', where: path, fix });
}
