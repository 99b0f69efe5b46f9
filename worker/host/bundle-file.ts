import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { bundlePipelines } from './bundle.js';
import type { Catalogue } from './catalogue.js';
import { listModules } from './discover.js';

const seal = /^\/\/ headrace bundled ([0-9a-f]{64})$/m;
const sourceMap = '//# sourceMappingURL=';

/** Bundles a catalogue into a file that says from which modules it was made. @throws what `bundlePipelines` throws */
export async function writeBundle(file: string, catalogue: Catalogue): Promise<void> {
  const { code } = await bundlePipelines(catalogue);
  // Before the source map, which Temporal expects to be the last, and after the code, whose lines it counts.
  const at = code.lastIndexOf(sourceMap);
  writeFileSync(file, `${code.slice(0, at)}// headrace bundled ${fingerprint(catalogue)}\n${code.slice(at)}`);
}

/**
 * Reads a bundle that `writeBundle` wrote.
 *
 * @throws HeadraceError unreadable_file, or stale_bundle when the modules are others than those that were bundled
 */
export function readBundle(file: string, catalogue: Catalogue): { code: string } {
  const code = read(file);
  if (seal.exec(code)?.[1] === fingerprint(catalogue)) return { code };
  throw new HeadraceError(`The bundle ${file} was not made from the modules of ${catalogue.folder} as they are, or by another version of Headrace.`, {
    code: 'stale_bundle',
    where: file,
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HeadraceError(`The bundle ${file} cannot be read: ${(error as Error).message}`, { code: 'unreadable_file', where: file, cause: error });
  }
}

/** Steps run from the modules and pipelines from the bundle: when these differ, a run would meet a step that it does not know, or an older one. */
function fingerprint({ folder }: Catalogue): string {
  const { version } = createRequire(import.meta.url)('headrace/package.json') as { version: string };
  const hash = createHash('sha256').update(version);
  for (const module of listModules(folder)) hash.update(`\0${relative(folder, module)}\0`).update(readFileSync(module));
  return hash.digest('hex');
}
