import { workflowInfo } from '@temporalio/workflow';
import type { AnyApproval } from '../authoring/approval.js';
import type { DecideInput } from '../authoring/decision.js';
import { HeadraceError } from '../authoring/errors.js';
import { startedByKey } from '../authoring/run-memo.js';

/**
 * Whether somebody may decide: by their roles, and not on a run that they started where that is asked for.
 *
 * @throws HeadraceError nameless_decision, wrong_role or own_run
 */
export function checkWho({ id, roles, required, notStarter }: AnyApproval, { by, roles: held = [] }: Pick<DecideInput, 'by' | 'roles'>): void {
  if ((required > 1 || notStarter) && by === undefined) {
    throw new HeadraceError(`Who decides '${id}' must be known.`, { code: 'nameless_decision', where: 'by' });
  }
  if (roles.length > 0 && !roles.some((role) => held.includes(role))) {
    throw new HeadraceError(`'${id}' is decided by people with the role ${roles.join(' or ')}.`, { code: 'wrong_role', where: id });
  }
  if (notStarter && by === starter()) throw new HeadraceError(`'${by}' started this run, and may not decide '${id}'.`, { code: 'own_run', where: id });
}

/** Who started the run, or the one that started it. */
function starter(): unknown {
  return workflowInfo().memo?.[startedByKey];
}
