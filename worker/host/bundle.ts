import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Catalogue } from './catalogue.js';
import { generateEntry } from './entry.js';
import { quietLogger } from './quiet-logger.js';
import { ownFile, ownImports } from './source.js';

type WebpackConfiguration = Parameters<NonNullable<Parameters<typeof bundleWorkflowCode>[0]['webpackConfigHook']>>[0];

const nodeOnly = new Set([...builtinModules.filter((name) => !name.startsWith('_')), 'headrace/node', 'headrace/worker', 'headrace/testing']);
/** Modules that Temporal replaces in the sandbox by ones that are safe there. */
const replaced = new Set(['assert', 'url', 'util']);

/** A module that only Node has, and the file that imports it. */
interface Trespass {
  module: string;
  file: string;
}

/**
 * Bundles the pipelines of a catalogue for Temporal's sandbox.
 *
 * @param cacheFolder where what is unchanged is kept between bundlings; one process at a time may use it. Without it nothing is kept.
 * @throws HeadraceError node_in_workflow, which names each file and module, or unreadable_module
 */
export async function bundlePipelines(catalogue: Catalogue, cacheFolder?: string): Promise<WorkflowBundleWithSourceMap> {
  const folder = await entryFolder(cacheFolder);
  const trespasses: Trespass[] = [];
  const logger = quietLogger();
  try {
    const workflowsPath = join(folder, 'pipelines.cjs');
    await writeFile(workflowsPath, generateEntry(catalogue.pipelines.values()));
    const bundle = await bundleWorkflowCode({
      workflowsPath,
      logger,
      failureConverterPath: ownFile('worker/host/failure-converter'),
      workflowInterceptorModules: [ownFile('sdk/sandbox/log-attributes')],
      preloadModules: [ownFile('worker/host/preload')],
      webpackConfigHook: (configuration) => configure(configuration, trespasses, cacheFolder),
    });
    return { ...bundle, code: spareFrozenPatterns(bundle.code) };
  } catch (error) {
    throw trespasses.length > 0 ? trespassed(trespasses) : unbundled(error, logger.errors);
  } finally {
    if (cacheFolder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * zod sets `lastIndex = 0` on every pattern before it tests it. On the patterns of a preloaded zod, which Temporal freezes, that throws, and
 * it does nothing on a pattern that is neither global nor sticky: so only those are set.
 */
function spareFrozenPatterns(code: string): string {
  return code.replaceAll(/^(\s*)([\w.]+)\.lastIndex = 0;$/gm, '$1if ($2.global || $2.sticky) $2.lastIndex = 0;');
}

/** The entry's path is part of what the cache goes by. */
async function entryFolder(cacheFolder: string | undefined): Promise<string> {
  if (cacheFolder === undefined) return mkdtemp(join(tmpdir(), 'headrace-bundle-'));
  await mkdir(cacheFolder, { recursive: true });
  return cacheFolder;
}

function configure(configuration: WebpackConfiguration, trespasses: Trespass[], cacheFolder: string | undefined): WebpackConfiguration {
  const externals = async ({ request = '', contextInfo }: { request?: string; contextInfo?: { issuer?: string } }) => {
    const module = request.replace(/^node:/, '');
    const file = contextInfo?.issuer ?? '';
    if (!nodeOnly.has(module) || replaced.has(module) || file.includes('/node_modules/')) return undefined;
    trespasses.push({ module: request, file });
    throw new Error(`${file} imports ${request}`);
  };
  const resolve = configuration.resolve ?? {};
  const alias = { ...(resolve.alias as Record<string, string>), ...ownImports };
  const cache =
    cacheFolder === undefined
      ? false
      : { type: 'filesystem' as const, cacheDirectory: join(cacheFolder, 'modules'), name: ownFile('worker/host/bundle').replaceAll(/\W/g, '_') };
  return {
    ...configuration,
    cache,
    externals: [externals, configuration.externals].flat() as WebpackConfiguration['externals'],
    resolve: { ...resolve, alias },
  };
}

function trespassed(trespasses: Trespass[]): HeadraceError {
  const lines = [...new Set(trespasses.map(({ file, module }) => `${file} imports '${module}'`))];
  return new HeadraceError(`A pipeline's module runs in Temporal's sandbox, where Node's modules do not exist: ${lines.join('; ')}.`, {
    code: 'node_in_workflow',
    where: trespasses[0]?.file,
  });
}

function unbundled(error: unknown, errors: string[]): HeadraceError {
  const reason = errors.find((line) => /ERROR in/.test(line)) ?? (error as Error).message;
  return new HeadraceError(`The pipelines cannot be bundled: ${reason.trim()}`, { code: 'unreadable_module', cause: error });
}
