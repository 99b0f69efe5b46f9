import { setTimeout as wait } from 'node:timers/promises';
import { HeadraceError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { builtUpon, keptIsGone, type LoadKey } from '../attempt.js';
import { list, replaceRows, sameKeys } from './commit.js';
import { IcebergTable, writtenBy } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import { Ledger, type PastLoad, type PublishedLoad, type Story } from './ledger.js';
import { isConflict } from './lines.js';
import { findPublished, queriesOf } from './published.js';
import { dropAllStaged } from './staging.js';

const rounds = 20;

interface Undoing {
  readonly lakehouse: Lakehouse;
  readonly ledger: Ledger;
  readonly target: IcebergTable;
  readonly key: LoadKey;
  readonly signal: AbortSignal;
  /** As it was when no new attempt could be written down any more. */
  readonly story: Story;
}

/**
 * Takes a load of Iceberg back by one commit of its own: its rows go, and those that it replaced come back as they are in the snapshot before it.
 * (rollback_to_snapshot would also take away what others commit between the look and the rollback: tried.)
 *
 * @throws Refused when a later load has built on this one, or the snapshot before it has expired
 */
export async function undoIceberg(lakehouse: Lakehouse, table: string, key: LoadKey, { signal }: StepContext): Promise<{ undone: boolean; rows: number }> {
  const target = new IcebergTable(lakehouse, table);
  const ledger = new Ledger(lakehouse, target);
  const before = await ledger.storyOf(key);
  if (before.undone) return { undone: false, rows: 0 };
  if (!before.undoing) await ledger.record(key, 'UNDOING');
  const undoing: Undoing = { lakehouse, ledger, target, key, signal, story: await ledger.storyOf(key) };
  await stopAttempts(undoing);
  const published = await findPublished(undoing.story, ledger, target, key);
  const leftOut = published !== undefined && published.snapshot !== null && (await takeBack(undoing, published)) === 'left out';
  await ledger.record(key, 'UNDONE', { leftOut });
  return published === undefined ? { undone: false, rows: 0 } : { undone: true, rows: published.deleted + published.updated };
}

/** Makes sure that no attempt can publish any more: one that has not begun finds no rows, one that runs is ended. */
async function stopAttempts({ lakehouse, target, key, story }: Undoing): Promise<void> {
  await dropAllStaged(lakehouse, target, key);
  const queries = story.published === undefined ? queriesOf(story.attempts) : [];
  await lakehouse.end(queries, 'The load is undone.');
}

async function takeBack(undoing: Undoing, published: PublishedLoad): Promise<'taken back' | 'left out'> {
  const { ledger, target, key, signal } = undoing;
  for (let round = 0; round < rounds; round += 1) {
    const base = await target.current();
    const { undoQueries } = round === 0 ? undoing.story : await ledger.storyOf(key);
    if ((await target.commitsOf(undoQueries)).length > 0) return 'taken back';
    const others = (await ledger.published()).filter((other) => other.key !== key.text);
    // Asked first: of a load without rows, all are untouched for ever.
    if (isOverwritten(published, others)) return 'left out';
    if (!(await untouched(undoing, published)))
      throw builtUpon(key, others.find((other) => !other.undone && other.committedAt > published.committedAt)?.key ?? 'of another program');
    if (await restore(undoing, published, base, before(published, others))) return 'taken back';
    await wait(200 * Math.random() * Math.min(round + 1, 10), undefined, { signal });
  }
  throw new HeadraceError(`${target.text} was changed by others ${rounds} times while a load was being undone.`, { code: 'retry_later', where: target.text });
}

/** Whether all rows that the load wrote are still there as it wrote them. */
async function untouched({ lakehouse, target }: Undoing, { query, inserted, updated }: PublishedLoad): Promise<boolean> {
  const [found] = await lakehouse.rows<{ n: number }>(`SELECT count(*) AS n FROM ${target.quoted} AS target WHERE ${writtenBy(query, 'target')}`);
  return found?.n === inserted + updated;
}

/** Whether a later load has replaced all of this one's rows: what this one replaced is then what the later one's undo brings back. */
function isOverwritten(published: PublishedLoad, others: readonly PastLoad[]): boolean {
  const later = others.find(({ committedAt, partition, undone }) => !undone && committedAt > published.committedAt && partition === published.partition);
  return published.mode === 'overwrite_partition' && later !== undefined;
}

/** The snapshot before a load, and before those that it had overwritten and that were undone meanwhile. */
function before(published: PublishedLoad, others: readonly PastLoad[]): string {
  if (published.partition === null) return published.base;
  const earlier = others.filter(({ partition, committedAt }) => partition === published.partition && committedAt < published.committedAt).reverse();
  let { base } = published;
  for (const other of earlier) {
    if (!other.leftOut) break;
    base = other.base;
  }
  return base;
}

/** @returns whether it came through; not when the table has changed since it was looked at */
async function restore({ lakehouse, ledger, target, key, signal }: Undoing, published: PublishedLoad, base: string, kept: string): Promise<boolean> {
  if (kept !== '' && !(await target.has(kept))) throw keptIsGone(key);
  const columns = await lakehouse.columns(target.text);
  const added = kept === '' || published.mode === 'append' ? 'FALSE' : replacedBy(published, target);
  const statement = replaceRows({
    target,
    base,
    columns,
    added: `SELECT ${list(columns)} FROM ${kept === '' ? target.quoted : target.at(kept)} AS target WHERE ${added}`,
    gone: writtenBy(published.query, 'target'),
    within: published.partition ?? 'TRUE',
  });
  try {
    const { query } = await lakehouse.run(statement, (accepted) => ledger.record(key, 'UNDO_ATTEMPT', { query: accepted }));
    return (await target.commitsOf([query])).length > 0;
  } catch (error) {
    signal.throwIfAborted();
    if (isConflict(error)) return false;
    throw error;
  }
}

/** Which rows of the snapshot before it the load replaced. */
function replacedBy({ partition, identity, query }: PublishedLoad, target: IcebergTable): string {
  if (partition !== null) return partition;
  return `EXISTS (SELECT 1 FROM ${target.quoted} AS written WHERE ${writtenBy(query, 'written')} AND ${sameKeys(identity, 'written', 'target')})`;
}
