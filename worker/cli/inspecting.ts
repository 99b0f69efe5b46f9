import type { Command } from 'commander';
import colors from 'picocolors';
import * as z from 'zod';
import { bundlePipelines } from '../host/bundle.js';
import { writeBundle } from '../host/bundle-file.js';
import type { Catalogue } from '../host/catalogue.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import { readSettings } from './settings.js';

/** pipelines and check: what can be known without connecting to anything. */
export function addInspecting(command: Command): void {
  command
    .command('pipelines [folder]')
    .description('list the pipelines and steps of a folder')
    .option('--json', 'as JSON, with the schemas')
    .action(async (folder: string | undefined, { json }: { json?: boolean }) => {
      const catalogue = await loadCatalogue(readSettings(folder).pipelines);
      console.log(json === true ? JSON.stringify(asJson(catalogue), undefined, 2) : describeCatalogue(catalogue));
      if (catalogue.refusals.length > 0) process.exitCode = 1;
    });
  command
    .command('check [folder]')
    .description('load and bundle the pipelines of a folder as a worker would, without connecting')
    .option('--bundle <file>', 'write the bundle there, for headrace worker --bundle')
    .action(async (folder: string | undefined, { bundle }: { bundle?: string }) => {
      const catalogue = await loadCatalogue(readSettings(folder).pipelines);
      console.log(describeCatalogue(catalogue));
      requireClean(catalogue);
      await (bundle === undefined ? bundlePipelines(catalogue) : writeBundle(bundle, catalogue));
      console.log(colors.green('nothing to complain of'));
    });
}

function asJson(catalogue: Catalogue): unknown {
  const pipelines = [...catalogue.pipelines.values()].map(({ pipeline, file }) => ({
    id: pipeline.id,
    description: pipeline.description,
    owner: pipeline.owner,
    tags: pipeline.tags,
    file,
    input: z.toJSONSchema(pipeline.input, { io: 'input' }),
    output: z.toJSONSchema(pipeline.output),
  }));
  const refusals = catalogue.refusals.map(({ file, error }) => ({ file, code: error.code, message: error.message, fix: error.fix }));
  return { pipelines, steps: [...catalogue.steps.keys()], refusals };
}
