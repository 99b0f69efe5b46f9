import { HeadraceError } from '../../authoring/errors.js';

/** Makes the error for a run that Temporal does not know. */
export function unknownRun(workflowId: string): () => HeadraceError {
  return () => new HeadraceError(`There is no run '${workflowId}'.`, { code: 'unknown_run', where: workflowId });
}
