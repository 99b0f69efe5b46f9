import { setTimeout as wait } from 'node:timers/promises';
import { HeadraceError, Refused } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { declarationOf, keptDays, type LoadKey, loadUndone } from '../attempt.js';
import { inTurn } from '../in-turn.js';
import type { FilledIcebergLoad } from '../steps.js';
import { passGates } from './gates.js';
import { IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import { type Attempt, Ledger } from './ledger.js';
import { isConflict } from './lines.js';
import { planPublication } from './plan.js';
import type { Plan } from './publication.js';
import { doneBefore, findPublished, type LoadedIceberg, publishedBefore } from './published.js';
import { dropAllStaged, dropOldStaged, dropStaged, type Staged, stagingTable } from './staging.js';
import { openTarget } from './target.js';
import { awaitTurn, OthersTurn, takeTurn } from './turn.js';

/** How often a load begins anew because another one was published to the same table meanwhile. */
const rounds = 20;

/** The share of loads that look after the ledger. */
const tidying = 0.05;

/** One load on its way. */
interface Loading {
  readonly lakehouse: Lakehouse;
  readonly ledger: Ledger;
  readonly target: IcebergTable;
  readonly load: FilledIcebergLoad;
  readonly key: LoadKey;
  readonly context: StepContext;
}

/**
 * Loads rows into an Iceberg table: staged, judged, and published by one commit.
 *
 * @param stage puts the rows into a table
 * @throws SchemaConflictError, ValidationError, Refused load_undone
 */
export async function loadIceberg(
  lakehouse: Lakehouse,
  load: FilledIcebergLoad,
  key: LoadKey,
  stage: (into: IcebergTable) => Promise<Staged>,
  context: StepContext,
): Promise<LoadedIceberg> {
  const target = new IcebergTable(lakehouse, load.into.table);
  const ledger = new Ledger(lakehouse, target);
  const loading: Loading = { lakehouse, ledger, target, load, key, context };
  const before = await doneBefore(loading);
  if (before !== undefined) return before;
  const staging = stagingTable(lakehouse, target, key);
  try {
    const staged = await stage(staging);
    context.heartbeat({ rows: staged.rows });
    const gates = await passGates(load, staged, context);
    const published = await inTurn(`${lakehouse.connection}/${target.quoted}`, context.signal, () => publish(loading, staged));
    if (context.attempt > 1) await dropAllStaged(lakehouse, target, key);
    if (Math.random() < tidying) await tidy(loading);
    return { ...published, ...gates };
  } finally {
    await dropStaged(lakehouse, staging);
  }
}

async function tidy({ lakehouse, ledger, target }: Loading): Promise<void> {
  await ledger.tidy();
  await dropOldStaged(lakehouse, target, keptDays);
}

async function publish(loading: Loading, staged: Staged): Promise<LoadedIceberg> {
  for (let round = 0; round < rounds; round += 1) {
    const columns = await openTarget(loading.lakehouse, loading.load, staged.columns, loading.target);
    // The snapshot is asked for before the record: what is not in either can then not be published any more without moving the table from this snapshot.
    const base = await loading.target.current();
    const before = await publishedBefore(loading);
    if (before !== undefined) return before;
    const { load, lakehouse, target } = loading;
    const plan = await planPublication({ lakehouse, load, target, columns, staged, base });
    const published = await commit(loading, staged, base, plan, round);
    if (published !== undefined) return published;
    await wait(200 * Math.random() * Math.min(round + 1, 10), undefined, { signal: loading.context.signal });
  }
  throw new HeadraceError(`${loading.load.into.table} was changed by others ${rounds} times while this load was being published.`, {
    code: 'retry_later',
    where: loading.load.into.table,
  });
}

/** @returns undefined when the table has changed since it was looked at */
async function commit(loading: Loading, staged: Staged, base: string, plan: Plan, round: number): Promise<LoadedIceberg | undefined> {
  const { lakehouse, ledger, key, load } = loading;
  const { statement, changes, ...how } = plan;
  const counts = { rows: staged.rows, bytes: staged.bytes, ...changes };
  const attempt = { base, mode: load.mode, declaration: declarationOf(load), ...counts, ...how };
  const accepted = async (query: string) => {
    await ledger.record(key, 'ATTEMPT', { ...attempt, query });
    await mayBegin(loading, query);
  };
  try {
    const { query, link } = await lakehouse.run(statement, accepted);
    const done = { ...counts, query, link };
    const snapshot = await recordCommit(loading, { ...attempt, query });
    if (snapshot !== undefined) return { ...done, snapshot };
    const nothing = changes.inserted + changes.updated + changes.deleted === 0;
    if (!nothing || (await loading.target.current()) !== base) return undefined;
    await ledger.record(key, 'PUBLISHED', { ...attempt, query, snapshot: null, committedAt: new Date().toISOString() });
    return { ...done, snapshot: undefined };
  } catch (error) {
    loading.context.signal.throwIfAborted();
    if (error instanceof OthersTurn) return awaitTurn(loading, error, round).then(() => undefined);
    if (error instanceof Refused && !isConflict(error)) throw error;
    const found = await publishedBefore(loading);
    if (found !== undefined) return found;
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** Sees whether an attempt that is written down may begin, and takes it back where it may not. @throws Refused load_undone, OthersTurn */
async function mayBegin(loading: Loading, query: string): Promise<void> {
  const { ledger, key } = loading;
  try {
    // An undo that has begun by now is seen here; one that begins later sees this attempt.
    if ((await ledger.storyOf(key)).undoing) throw loadUndone(key);
    await takeTurn(loading, query);
  } catch (error) {
    await ledger.record(key, 'WITHDRAWN', { query });
    throw error;
  }
}

/** The snapshot that an attempt has made, if it has. */
async function recordCommit({ ledger, target, key }: Loading, attempt: Attempt): Promise<string | undefined> {
  const story = { attempts: [attempt], published: undefined };
  return (await findPublished(story, ledger, target, key))?.snapshot ?? undefined;
}
