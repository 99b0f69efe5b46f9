import { HeadraceError } from '../authoring/errors.js';

/**
 * A child of an unknown type would run for ever: Temporal waits for a worker that knows it.
 *
 * @throws HeadraceError unknown_pipeline
 */
export function checkKnown(pipeline: string, fix?: string): void {
  const { __TEMPORAL__: bundle } = globalThis as { __TEMPORAL__?: { importWorkflows?: () => object } };
  const known = bundle?.importWorkflows?.();
  if (known === undefined || Object.hasOwn(known, pipeline)) return;
  throw new HeadraceError(`This worker knows no pipeline '${pipeline}'.`, { code: 'unknown_pipeline', where: pipeline, fix });
}
