import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const extension = extname(here);
const root = join(dirname(here), '..', '..');

/** A file of Headrace itself: the compiled one where this runs compiled, the source where this runs from source. */
export function ownFile(path: string): string {
  return join(root, `${path}${extension}`);
}

/** The folder of the ready-made workflows. */
export const readyWorkflows = join(root, 'workflows');

const resolve = createRequire(import.meta.url).resolve;

/** The one zod, as an ES module. */
const zodFile = join(dirname(resolve('zod')), 'index.js');

/** What a name means in a bundle, wherever it is imported: one copy of each, this one's. */
export const ownImports: Record<string, string> = {
  headrace$: ownFile('sdk/index'),
  'headrace/steps$': ownFile('activities/steps'),
  'headrace/workflows$': ownFile('workflows/index'),
  zod$: zodFile,
  '@temporalio/workflow': dirname(resolve('@temporalio/workflow/package.json')),
};
