import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { Catalogue } from './catalogue.js';
import { refuseCommonJs } from './module-kind.js';
import { refuseForeignCopies } from './one-copy.js';
import { readyWorkflows } from './source.js';

const extensions = new Set(['.ts', '.mts', '.js', '.mjs']);
const passedOver = /(\.d\.[mc]?ts|\.(test|test-d|spec|fixture)\.[mc]?[jt]s)$/;
const passedOverFolders = new Set(['node_modules', 'dist', 'histories']);

/**
 * Loads the modules of a folder and lists their pipelines and steps, with the built-in ones.
 * A module that cannot be used is a refusal in the catalogue, which names file and fix; the others are still listed.
 *
 * @param folder the pipelines folder, or one module
 * @throws HeadraceError nothing_found when there is no such folder
 */
export async function discover(folder: string): Promise<Catalogue> {
  const catalogue = new Catalogue(resolve(folder));
  const { implementations } = await import('../../activities/implementations.js');
  catalogue.addBuiltIn(implementations);
  for (const file of listModules(readyWorkflows)) await load(catalogue, file, true);
  refuseForeignCopies(catalogue.folder);
  for (const file of listModules(catalogue.folder)) await load(catalogue, file, false);
  catalogue.refuseUnimplemented();
  return catalogue;
}

async function load(catalogue: Catalogue, file: string, builtIn: boolean): Promise<void> {
  try {
    refuseCommonJs(file);
    catalogue.add(file, (await import(pathToFileURL(file).href)) as Record<string, unknown>, builtIn);
  } catch (error) {
    catalogue.refuse(file, error instanceof HeadraceError ? error : unreadable(file, error));
  }
}

function unreadable(file: string, error: unknown): HeadraceError {
  const reason = error instanceof Error ? error.message : String(error);
  const fix = /^Cannot find package/.test(reason) ? aliasFix : undefined;
  return new HeadraceError(`The module cannot be loaded: ${reason}`, { code: 'unreadable_module', where: file, cause: error, ...(fix && { fix }) });
}

const aliasFix =
  'Install the package. An alias of tsconfig\'s "paths" means nothing to Node: write a relative path, or an alias of package.json\'s "imports" ("#lib/*": "./lib/*").';

/** The modules of a folder and the folders below it, in the order of their names. */
export function listModules(folder: string): string[] {
  let files: string[];
  try {
    if (statSync(folder).isFile()) return [folder];
    files = filesBelow(folder);
  } catch (error) {
    throw new HeadraceError(`The pipelines folder ${folder} cannot be read: ${(error as Error).message}`, { code: 'nothing_found', where: folder });
  }
  const all = new Set(files);
  return files
    .filter((file) => isModule(file) && !isCompiledTwin(file, all))
    .sort()
    .map((file) => join(folder, file));
}

/** A folder is read once: a link may lead back to where it was found. */
function filesBelow(folder: string, below = '', seen = new Set<string>()): string[] {
  const path = join(folder, below);
  const real = realpathSync(path);
  if (seen.has(real)) return [];
  seen.add(real);
  const entries = readdirSync(path, { withFileTypes: true }).sort(linksLast);
  return entries.flatMap(({ name }) => {
    if (!isFolder(join(path, name))) return [join(below, name)];
    return name.startsWith('.') || passedOverFolders.has(name) ? [] : filesBelow(folder, join(below, name), seen);
  });
}

function linksLast(one: Dirent, other: Dirent): number {
  return Number(one.isSymbolicLink()) - Number(other.isSymbolicLink());
}

/** A link that leads nowhere is none. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isModule(file: string): boolean {
  return extensions.has(extname(file)) && !passedOver.test(file);
}

function isCompiledTwin(file: string, all: ReadonlySet<string>): boolean {
  return /\.m?js$/.test(file) && all.has(file.replace(/js$/, 'ts'));
}

/** A file as a reader of the pipelines folder knows it. */
export function short(catalogue: Catalogue, file: string): string {
  const path = relative(catalogue.folder, file);
  return path.startsWith('..') ? file : path || file;
}
