import { jsonSchema } from '../../sdk/node/json-schema.js';
import { bundlePipelines } from '../host/bundle.js';
import { writeBundle } from '../host/bundle-file.js';
import type { Catalogue } from '../host/catalogue.js';
import { exitCode } from './explain.js';
import { describeCatalogue, loadCatalogue, requireClean } from './load-catalogue.js';
import { type Form, show } from './output.js';
import { readSettings } from './settings.js';
import { colors } from './terminal.js';

/** Prints the pipelines and steps of a folder. */
export async function listPipelines(folder: string | undefined, form: Form): Promise<void> {
  const catalogue = await loadCatalogue(readSettings(folder).pipelines);
  show(asJson(catalogue), form, describeCatalogue(catalogue));
  if (catalogue.refusals.length > 0) process.exitCode = exitCode.failed;
}

/** Loads and bundles a folder as a worker would. @throws HeadraceError what a worker would refuse */
export async function check(folder: string | undefined, { bundle, ...form }: Form & { bundle?: string }): Promise<void> {
  const catalogue = await loadCatalogue(readSettings(folder).pipelines);
  if (form.json !== true) console.log(describeCatalogue(catalogue));
  requireClean(catalogue);
  await (bundle === undefined ? bundlePipelines(catalogue) : writeBundle(bundle, catalogue));
  const [pipelines, steps] = [[...catalogue.pipelines.keys()], [...catalogue.steps.keys()]];
  show({ folder: catalogue.folder, pipelines, steps, bundle }, form, colors.green('nothing to complain of'));
}

function asJson(catalogue: Catalogue): unknown {
  const pipelines = [...catalogue.pipelines.values()].map(({ pipeline, file }) => ({
    id: pipeline.id,
    description: pipeline.description,
    owner: pipeline.owner,
    tags: pipeline.tags,
    file,
    input: jsonSchema(pipeline.input),
    output: jsonSchema(pipeline.output, 'output'),
  }));
  const refusals = catalogue.refusals.map(({ file, error }) => ({ file, code: error.code, message: error.message, fix: error.fix }));
  return { pipelines, steps: [...catalogue.steps.keys()], refusals };
}
