import { shorten } from '../../sdk/authoring/shorten.js';
import { HeadraceError } from '../../sdk/index.js';

/** The end of work that failed for a reason that may not come again: a lost node, no room. @param said what the system says of it */
export function workFailed(system: string, connection: string, said: string, cause?: unknown): HeadraceError {
  return new HeadraceError(shorten(`${system}: ${said}`), { code: 'work_failed', where: connection, cause });
}
