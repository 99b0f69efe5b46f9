import type { Kysely } from 'kysely';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import type { Database, ProjectionRow } from '../registry/database.js';
import type { Sealing } from '../registry/sealing.js';
import { claimRun, releaseRun } from './claim.js';
import { commitPart, type Place, Superseded } from './commit.js';
import { readEarlier } from './earlier.js';
import { ExecutionFold } from './execution-fold.js';
import type { Folds } from './folds.js';
import { findNextExecution, noteExecution } from './next-execution.js';
import { readNews } from './read-news.js';

export interface Projecting {
  temporal: Temporal;
  database: Kysely<Database>;
  sealing: Sealing;
  folds: Folds;
  /** Who projects: one name a process. */
  owner: string;
  /** Told of what was just recorded. */
  recorded?: (part: RecordedPart) => void;
}

/** A part of an execution's history that was just recorded: the fold still knows what is new in it. */
export interface RecordedPart {
  workflowId: string;
  /** The run's: its first execution's. */
  runId: string;
  fold: ExecutionFold;
  /** Whether what the run carries is not for other eyes. */
  encrypts: boolean;
}

/** What became of it: BUSY while another has the run. */
export interface Projected {
  outcome: 'NEWS' | 'NOTHING' | 'BUSY';
  ended: boolean;
  /** More was about to be written when this was read. */
  thinking?: boolean;
  /** Where Temporal was just found to keep the run's history no longer. */
  lost?: string;
}

/**
 * Brings a run's record up to its history. Repeating it is harmless, and so is doing it twice at once.
 *
 * @throws what reading or writing fails with; the run is then known to be behind
 */
export async function projectRun(projecting: Projecting, workflowId: string, runId: string): Promise<Projected> {
  const { database, owner } = projecting;
  const row = await claimRun(database, workflowId, runId, owner);
  if (row === undefined) return { outcome: 'BUSY', ended: false };
  try {
    const { place, thinking, isGivenBack } = await projectExecutions(projecting, row);
    if (!isGivenBack) await releaseRun(database, row, owner);
    return { outcome: place === row ? 'NOTHING' : 'NEWS', ended: place.ended, thinking };
  } catch (error) {
    projecting.folds.forget(row.execution_id);
    const { message, code } = error as Error & { code?: string };
    const lost = code === 'unknown_run';
    await releaseRun(database, row, owner, { message, behind: !lost }).catch(() => undefined);
    if (error instanceof Superseded) return { outcome: 'BUSY', ended: false };
    // What there is no more is not behind: it is looked for now and then, in case Temporal comes back with it.
    if (lost) return { outcome: 'NOTHING', ended: true, lost: row.problem === message ? undefined : message };
    throw error;
  }
}

async function projectExecutions(projecting: Projecting, row: ProjectionRow): Promise<{ place: Place; thinking: boolean; isGivenBack: boolean }> {
  // A reset of a run that had ended is known by visibility alone.
  let revived = row.ended && row.behind;
  for (let place: Place = row; ; ) {
    const { reached, next, thinking } = await projectExecution(projecting, place, revived);
    // The last part gives the run back as it is written, where anything is.
    if (next === undefined) return { place: reached, thinking, isGivenBack: reached !== place };
    place = reached;
    revived = false;
  }
}

async function projectExecution({ temporal, database, sealing, folds, recorded }: Projecting, place: Place, revived: boolean) {
  const { workflow_id, run_id, execution_id, ordinal, last_event } = place;
  const known = folds.get(execution_id, last_event);
  const events = await readNews(temporal, workflow_id, execution_id, known?.position ?? 0);
  const fold = known ?? new ExecutionFold(execution_id, ordinal === 0 ? undefined : await readEarlier(database, place, events[0]));
  const news = fold.take(events, last_event);
  const next = await nextOf({ temporal, database }, fold, place, revived);
  if (fold.position === last_event && next === undefined) {
    folds.keep(fold);
    return { reached: place, next, thinking: fold.thinking };
  }
  try {
    const reached = await commitPart(database, { namespace: temporal.namespace, sealing, place, fold, news, next });
    recorded?.({ workflowId: workflow_id, runId: run_id, fold, encrypts: sealing.encrypts });
    fold.markRecorded();
    folds.keep(fold);
    return { reached, next, thinking: fold.thinking };
  } catch (error) {
    // It stands further than the registry now.
    folds.forget(execution_id);
    throw error;
  }
}

/** What goes on where an execution ended: the history names it, but for a reset, which Temporal's lists know. */
async function nextOf(
  { temporal, database }: Pick<Projecting, 'temporal' | 'database'>,
  fold: ExecutionFold,
  place: Place,
  revived: boolean,
): Promise<string | undefined> {
  if (fold.next !== undefined || !(fold.wasReset || (revived && fold.closed))) return fold.next;
  await noteExecution(database, place);
  return findNextExecution(temporal, database, place.workflow_id, place.run_id);
}
