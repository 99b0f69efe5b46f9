import type { StepContext } from '../../../sdk/node/index.js';
import { type Counts, countsOf, type LoadKey, loadUndone } from '../attempt.js';
import type { Load } from '../steps.js';
import type { PassedGates } from './gates.js';
import type { Commit, IcebergTable } from './iceberg-table.js';
import type { Lakehouse } from './lakehouse.js';
import type { Attempt, Ledger, PublishedLoad, Story } from './ledger.js';
import { waitWhile } from './wait-while.js';

/** What a load into Iceberg did. */
export interface LoadedIceberg extends Counts, PassedGates {
  readonly snapshot: string | undefined;
  readonly query: string;
  /** Where a person sees it. */
  readonly link?: string | undefined;
}

interface Asked {
  readonly lakehouse: Lakehouse;
  readonly ledger: Ledger;
  readonly target: IcebergTable;
  readonly load: Load;
  readonly key: LoadKey;
  readonly context: StepContext;
}

/** What a load did, where one of its attempts has come through, whatever became of the worker that made it. @throws Refused load_undone */
export async function publishedBefore(asked: Asked): Promise<LoadedIceberg | undefined> {
  return whatWasDone(asked, await asked.ledger.storyOf(asked.key));
}

async function whatWasDone({ ledger, target, load, key }: Asked, story: Story): Promise<LoadedIceberg | undefined> {
  if (story.undoing) throw loadUndone(key);
  const published = await findPublished(story, ledger, target, key);
  if (published === undefined) return undefined;
  return { ...countsOf(published, load, key), snapshot: published.snapshot ?? undefined, query: published.query };
}

/** The attempt whose query is found among the table's snapshots. It is then written down, since snapshots expire. */
export async function findPublished(
  { published, attempts }: Pick<Story, 'published' | 'attempts'>,
  ledger: Ledger,
  target: IcebergTable,
  key: LoadKey,
): Promise<PublishedLoad | undefined> {
  if (published !== undefined || attempts.length === 0) return published;
  const [commit] = await target.commitsOf(attempts.map(({ query }) => query));
  const attempt = attempts.find(({ query }) => query === commit?.query);
  if (commit === undefined || attempt === undefined) return undefined;
  const found = { ...attempt, key: key.text, ...madeBy(commit) };
  await ledger.record(key, 'PUBLISHED', found);
  return found;
}

function madeBy({ snapshot, committedAt }: Commit): { snapshot: string; committedAt: string } {
  return { snapshot, committedAt };
}

/** The same at the beginning of an attempt: a query that an earlier one has left running is waited for, and not begun twice. */
export async function doneBefore(asked: Asked): Promise<LoadedIceberg | undefined> {
  const { lakehouse, ledger, target, key, context } = asked;
  const story = await ledger.storyOf(key);
  const queries = story.published === undefined ? queriesOf(story.attempts) : [];
  const left = async () => ((await target.commitsOf(queries)).length > 0 ? [] : lakehouse.alive(queries));
  if (queries.length > 0) await waitWhile(left, context);
  return whatWasDone(asked, story);
}

export function queriesOf(attempts: readonly Attempt[]): string[] {
  return attempts.map(({ query }) => query);
}
