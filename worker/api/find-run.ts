import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { unknownRun } from '../../sdk/node/client/unknown-run.js';
import { may } from '../auth/principal.js';
import type { Database } from '../registry/database.js';
import type { RecordedRun } from '../registry/recorded-runs.js';
import { findRecorded } from '../registry/run-detail.js';
import type { ApiContext } from './api-context.js';
import type { Asked } from './asked.js';
import { seenRegistry } from './seen.js';

/** Milliseconds that the record of a run that has only just begun may take. */
const patience = 3_000;
const interval = 50;

/** Who asks, and for which pipeline's run where that is checked. */
type Asking = Pick<Asked['Variables'], 'principal' | 'pipeline'>;

/**
 * A run as the registry has it. One that Temporal knows and the registry does not yet is waited for.
 *
 * @throws HeadraceError unknown_run, not_recorded or registry_unreachable
 */
export async function findRun(
  context: ApiContext,
  { principal, pipeline }: Asking,
  workflowId: string,
  runId?: string,
): Promise<{ database: Kysely<Database>; run: RecordedRun }> {
  const { record, client } = context;
  const database = await seenRegistry(context, principal);
  const tenant = pipeline === undefined ? undefined : principal.tenant;
  // An earlier run of the id may be of a pipeline, and the latest one of a tenant, that is not theirs to see.
  const refuseUnless = (seen: boolean) => {
    if (pipeline !== undefined && !seen) throw unknownRun(workflowId)();
  };
  let run = await findRecorded(database, tenant, workflowId, runId);
  if (run !== undefined) {
    refuseUnless(may(principal, 'viewer', run.pipeline));
    return { database, run };
  }
  const { runId: first, ...owner } = await client.run(workflowId).owner(runId);
  refuseUnless(owner.tenant === tenant && may(principal, 'viewer', owner.pipeline));
  const find = () => findRecorded(database, tenant, workflowId, first);
  record.nudge(workflowId);
  for (const end = Date.now() + patience; run === undefined; run = await find()) {
    if (Date.now() > end) throw new HeadraceError(`The run '${workflowId}' is not recorded yet.`, { code: 'not_recorded', where: workflowId });
    await wait(interval);
  }
  return { database, run };
}
