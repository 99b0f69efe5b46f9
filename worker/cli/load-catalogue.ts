import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Catalogue } from '../host/catalogue.js';
import { discover, short } from '../host/discover.js';
import { table } from './table.js';
import { colors } from './terminal.js';

/** Loads the modules of a folder, TypeScript too. */
export async function loadCatalogue(folder: string): Promise<Catalogue> {
  await (typescript ??= loadTypescript());
  return discover(folder);
}

let typescript: Promise<void> | undefined;

/** Without tsconfig's paths: a name means for the worker what it means for the sandbox's bundle and for Node. */
async function loadTypescript(): Promise<void> {
  const { register } = await import('tsx/esm/api');
  register({ tsconfig: false });
}

/** What was found, as a table, and what was refused, with the fix. */
export function describeCatalogue(catalogue: Catalogue): string {
  const rows = [...catalogue.pipelines.values()].map(({ pipeline, file, builtIn }) => [
    pipeline.id,
    builtIn ? 'headrace/workflows' : short(catalogue, file),
    pipeline.description ?? '',
  ]);
  const own = [...catalogue.steps.values()].filter(({ builtIn }) => !builtIn);
  const steps = `${own.length} steps of your own, ${catalogue.steps.size - own.length} built-in`;
  return [table(rows), colors.dim(steps), ...catalogue.refusals.map(describeRefusal(catalogue))].join('\n');
}

function describeRefusal(catalogue: Catalogue) {
  return ({ file, error }: Catalogue['refusals'][number]) =>
    `${colors.red('refused')} ${short(catalogue, file)}: ${error.message}\n  ${colors.yellow('fix')}: ${error.fix ?? ''}`;
}

/** @throws HeadraceError the first refusal, or nothing_found where there is no pipeline of the folder's own */
export function requireClean(catalogue: Catalogue): void {
  const refused = catalogue.refusals[0]?.error;
  if (refused !== undefined) throw refused;
  if ([...catalogue.pipelines.values()].some(({ builtIn }) => !builtIn)) return;
  throw new HeadraceError(`No module of ${catalogue.folder} exports a pipeline.`, { code: 'nothing_found', where: catalogue.folder });
}
