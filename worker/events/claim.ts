import { type Kysely, sql } from 'kysely';
import type { Database, ProjectionRow } from '../registry/database.js';
import { safeText } from '../registry/safe-json.js';

/** Seconds after which a run whose projector died is another's. Reading and writing one run's news takes milliseconds. */
const claimLasts = 10;

const until = sql<Date>`now() + make_interval(secs => ${sql.lit(claimLasts)})`;

/**
 * Takes a run for one projector, so that no two read it at once. It is a courtesy: what makes the record right is that the
 * place where a projector began is compared when it writes.
 *
 * @returns where the run's projection stands, or undefined while another has it
 */
export async function claimRun(database: Kysely<Database>, workflowId: string, runId: string, owner: string): Promise<ProjectionRow | undefined> {
  // Most runs are known: one statement then, and three for a new one.
  const claimed = await takeClaim(database, workflowId, runId, owner);
  if (claimed !== undefined) return claimed;
  const entered = await database
    .insertInto('projection')
    .values({ workflow_id: workflowId, run_id: runId, execution_id: runId })
    .onConflict((it) => it.columns(['workflow_id', 'run_id']).doNothing())
    .returning('run_id')
    .executeTakeFirst();
  return entered && takeClaim(database, workflowId, runId, owner);
}

function takeClaim(database: Kysely<Database>, workflowId: string, runId: string, owner: string): Promise<ProjectionRow | undefined> {
  return database
    .updateTable('projection')
    .set({ owner, owned_until: until })
    .where('workflow_id', '=', workflowId)
    .where('run_id', '=', runId)
    .where((it) => it.or([it('owned_until', 'is', null), it('owned_until', '<', sql<Date>`now()`)]))
    .returningAll()
    .executeTakeFirst();
}

/** Gives a run back, with what is wrong where it could not be projected. It stays behind where that may pass. */
export async function releaseRun(
  database: Kysely<Database>,
  { workflow_id, run_id, noted }: Pick<ProjectionRow, 'workflow_id' | 'run_id' | 'noted'>,
  owner: string,
  problem?: { message: string; behind: boolean },
): Promise<void> {
  const given = givenBack(noted);
  const troubled = problem === undefined ? {} : { problem: safeText(problem.message), behind: problem.behind ? true : given.behind };
  await database
    .updateTable('projection')
    .set({ ...given, ...troubled })
    .where('workflow_id', '=', workflow_id)
    .where('run_id', '=', run_id)
    .where('owner', '=', owner)
    .execute();
}

/** What a run is when no projector has it: behind where that was noted again since it was taken. */
export function givenBack(noted: ProjectionRow['noted']) {
  return { owner: null, owned_until: null, projected_at: sql<Date>`now()`, problem: null, behind: sql<boolean>`noted <> ${noted}` };
}
