import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../registry/database.js';

/** A new owner of leases and claims, `host/pid/…`: whoever looks into the registry sees where the work is done. */
export function leaseOwner(): string {
  return `${hostname()}/${process.pid}/${randomUUID()}`;
}

/**
 * Takes or renews what one process at a time does. A lease and no lock of the database: a process that is stopped, and not
 * dead, keeps its connection and with it such a lock.
 *
 * @returns whether it is ours for that many seconds
 */
export async function takeLease(database: Kysely<Database>, name: string, owner: string, seconds: number): Promise<boolean> {
  const until = sql<Date>`now() + make_interval(secs => ${sql.lit(seconds)})`;
  const taken = await database
    .insertInto('lease')
    .values({ name, owner, until })
    .onConflict((it) =>
      it
        .column('name')
        .doUpdateSet({ owner, until })
        .where((where) => where.or([where('lease.owner', '=', owner), where('lease.until', '<', sql<Date>`now()`)])),
    )
    .returning('name')
    .executeTakeFirst();
  return taken !== undefined;
}

/** Lets the next one have it at once. */
export async function giveLease(database: Kysely<Database>, name: string, owner: string): Promise<void> {
  await database.updateTable('lease').set({ until: sql<Date>`now()` }).where('name', '=', name).where('owner', '=', owner).execute();
}
