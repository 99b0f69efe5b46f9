import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { describeRun } from '../../sdk/node/status/read-run.js';
import type { Database } from '../registry/database.js';
import type { Registry } from '../registry/registry.js';
import { prune } from '../registry/retention.js';
import { giveLease, leaseOwner, takeLease } from './lease.js';

export interface PruningSettings {
  temporal: Temporal;
  registry: Registry;
  /** Milliseconds until the first time: soon, since a process may be started anew each day, and after the first work. */
  first: number;
  /** Told what went wrong: it is tried again by itself. */
  report?: (message: string) => void;
}

/** What removes, once a day, what the registry keeps too long. */
export interface Pruning {
  /** Ends after what it is removing. */
  stop(): Promise<void>;
}

const hour = 3_600_000;
const pruningLease = 'pruning';

/** Starts pruning. One process at a time does it; the others, and those whose registry is away, come again in an hour. */
export function startPruning(settings: PruningSettings): Pruning {
  const stopping = new AbortController();
  const pruning = keepPruning(settings, stopping.signal);
  const stop = () => {
    stopping.abort();
    return pruning;
  };
  return { stop };
}

async function keepPruning({ temporal, registry, first, report }: PruningSettings, signal: AbortSignal): Promise<void> {
  const pause = (milliseconds: number) => wait(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  for (await pause(first); !signal.aborted; ) {
    const done = await pruneAlone(temporal, registry, signal).catch((error: Error) =>
      report?.(`What the registry keeps too long is removed later: ${error.message}`),
    );
    await pause(done === true ? 24 * hour : hour);
  }
}

/** Prunes where no other process does. @returns whether it did */
export async function pruneAlone(temporal: Temporal, { database }: Registry, signal?: AbortSignal): Promise<boolean> {
  const owner = leaseOwner();
  if (!(await takeLease(database, pruningLease, owner, hour / 1_000))) return false;
  try {
    await prune(database, signal);
    await prunePlaces(temporal, database, signal);
  } finally {
    await giveLease(database, pruningLease, owner);
  }
  return true;
}

const placesAtOnce = 200;

/** Forgets where the projection of a removed run stood, once Temporal has the run no longer: until then it would be found, and recorded anew. */
async function prunePlaces(temporal: Temporal, database: Kysely<Database>, signal?: AbortSignal): Promise<void> {
  for (let after: Stood | undefined; signal?.aborted !== true; ) {
    const places = await removedRuns(database, after);
    for (const place of places) if (await isGone(temporal, place)) await forget(database, place);
    after = places.at(-1);
    if (after === undefined) return;
  }
}

type Stood = Awaited<ReturnType<typeof removedRuns>>[number];

function removedRuns(database: Kysely<Database>, after: { workflow_id: string; run_id: string } | undefined) {
  return database
    .selectFrom('projection as place')
    .select(['place.workflow_id', 'place.run_id', 'place.execution_id'])
    .where('place.ended', '=', true)
    .where((it) =>
      it.not(
        it.exists(
          it
            .selectFrom('pipeline_execution as run')
            .select('run.id')
            .whereRef('run.workflow_id', '=', 'place.workflow_id')
            .whereRef('run.run_id', '=', 'place.run_id'),
        ),
      ),
    )
    .$if(after !== undefined, (it) =>
      it.where((place) => place(place.refTuple('place.workflow_id', 'place.run_id'), '>', place.tuple(after?.workflow_id ?? '', after?.run_id ?? ''))),
    )
    .orderBy('place.workflow_id')
    .orderBy('place.run_id')
    .limit(placesAtOnce)
    .execute();
}

/** Its latest execution is the last that Temporal removes. @throws HeadraceError no_temporal */
async function isGone(temporal: Temporal, { workflow_id, execution_id }: Stood): Promise<boolean> {
  try {
    await describeRun(temporal, workflow_id, execution_id);
    return false;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'unknown_run') return true;
    throw error;
  }
}

async function forget(database: Kysely<Database>, { workflow_id, run_id }: Stood): Promise<void> {
  await database.deleteFrom('projection').where('workflow_id', '=', workflow_id).where('run_id', '=', run_id).where('ended', '=', true).execute();
}
