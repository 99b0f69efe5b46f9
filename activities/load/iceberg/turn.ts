import { setTimeout as wait } from 'node:timers/promises';
import type { StepContext } from '../../../sdk/node/index.js';
import { quoteLiteral } from '../../engines/dialect.js';
import { acceptedAt } from '../../engines/trino/query-id.js';
import type { LoadKey } from '../attempt.js';
import type { Load } from '../steps.js';
import type { Lakehouse } from './lakehouse.js';
import type { Ledger, OpenAttempt } from './ledger.js';
import { waitWhile } from './wait-while.js';

/*
 * Iceberg looks for conflicts by partition, so that two loads may both add the same new key, in partitions that differ. Loads with keys therefore take turns:
 * whoever wants to publish writes his query down and then looks for another's. Of two at least one sees the other, and goes back.
 */

/** Milliseconds in which Trino begins a query that it has accepted, or forgets it (`query.client.timeout`), and some more. */
const beginLimit = 6 * 60_000;

/** Milliseconds, at first, for which a load leaves another one alone that it has met and that goes before it. */
const courtesy = 2_000;

interface Turn {
  readonly lakehouse: Lakehouse;
  readonly ledger: Ledger;
  readonly load: Load;
  readonly key: LoadKey;
  readonly context: StepContext;
}

/** Other loads with keys are being published into the same table. */
export class OthersTurn extends Error {
  override readonly name = 'OthersTurn';

  constructor(
    /** The query that went back. */
    readonly query: string,
    readonly others: readonly OpenAttempt[],
  ) {
    super(`${others.map(({ key }) => key).join(', ')} is being published.`);
  }
}

/** Sees whether a query that is written down may begin. @throws OthersTurn */
export async function takeTurn(turn: Turn, query: string): Promise<void> {
  if (!('keys' in turn.load)) return;
  const others = await whoMayCommit(turn, query);
  if (others.length > 0) throw new OthersTurn(query, others);
}

/** Waits until no other may commit. Of loads that have all gone back, the one whose key comes first tries again before the others. */
export async function awaitTurn(turn: Turn, { query, others }: OthersTurn, round: number): Promise<void> {
  const { key, context } = turn;
  if (others.some((other) => other.key < key.text)) await wait(courtesy * (round + 1), undefined, { signal: context.signal });
  await waitWhile(async () => (await whoMayCommit(turn, query)).map((other) => other.key), context);
}

/** Attempts of other loads that may still commit: those that run, and those that Trino has accepted a short time before this query and not begun. */
async function whoMayCommit({ lakehouse, ledger, key }: Turn, own: string): Promise<OpenAttempt[]> {
  const open = await ledger.openMerges(key);
  if (open.length === 0) return [];
  const queries = open.map(({ query }) => query);
  // One that begins between the two looks counts as not begun.
  const begun = await lakehouse.rows<{ query: string }>(
    `SELECT query_id AS query FROM system.runtime.queries WHERE query_id IN (${queries.map(quoteLiteral).join(', ')})`,
  );
  const running = await lakehouse.alive(queries);
  const mayBegin = (query: string) => !begun.some((it) => it.query === query) && acceptedAt(own) - acceptedAt(query) < beginLimit;
  return open.filter(({ query }) => running.includes(query) || mayBegin(query));
}
