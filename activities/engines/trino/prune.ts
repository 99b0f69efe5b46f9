import { quoteIdentifier } from '../dialect.js';
import { isOlder } from '../made-now.js';
import { temporarySchema } from '../table-name.js';
import type { TrinoSession } from './session.js';

/** Milliseconds between two looks at the tables of a catalog: reading their comments opens each. */
const pause = 3_600_000;
const looked = new Map<string, number>();

/** Drops tables of runs that were made more than some days ago; at most once an hour in a worker. */
export async function pruneTables(session: TrinoSession, days: number, now = Date.now()): Promise<void> {
  const { url, catalog } = session.settings;
  const key = `${url} ${catalog}`;
  if (now - (looked.get(key) ?? 0) < pause) return;
  looked.set(key, now);
  const tables = await session.rows<{ name: string; comment: string | null }>(
    'SELECT table_name AS name, comment FROM system.metadata.table_comments WHERE catalog_name = $1 AND schema_name = $2',
    [catalog, temporarySchema],
  );
  const old = tables.filter(({ comment }) => isOlder(comment, days, now));
  for (const { name } of old) await session.rows(`DROP TABLE IF EXISTS ${[catalog, temporarySchema, name].map(quoteIdentifier).join('.')}`);
}
