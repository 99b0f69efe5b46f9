import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';
import { exactly, follows, type ListPlace } from './list-place.js';
import { safeText } from './safe-json.js';

/** Which entries. Times are ISO 8601. */
export interface AuditFilter {
  tenant: string;
  /** Who, as authentication knows them. */
  actor?: string;
  action?: string;
  /** What it was done to, such as a workflow id. */
  subject?: string;
  /** This moment or later. */
  after?: string;
  /** Before this moment. */
  before?: string;
}

/**
 * A tenant's entries that fit, the latest first.
 *
 * @param place gives those that follow it
 */
export function listAudit(database: Kysely<Database>, { tenant, actor, action, subject, after, before }: AuditFilter, limit: number, place?: ListPlace) {
  return (
    database
      // As it is written: what looks like an encrypted value in a name is no such thing here.
      .withoutPlugins()
      .selectFrom('audit_log')
      .select(['id', 'at', 'actor', 'action', 'subject', 'details', exactly('at').as('exact_at')])
      .where('tenant', '=', tenant)
      .$if(actor !== undefined, (it) =>
        it.where('actor', '=', safeText(actor as string)).where(sql<string>`md5(actor)`, '=', sql<string>`md5(${safeText(actor as string)})`),
      )
      .$if(action !== undefined, (it) => it.where('action', '=', safeText(action as string)))
      .$if(subject !== undefined, (it) => it.where('subject', '=', safeText(subject as string)))
      .$if(after !== undefined, (it) => it.where('at', '>=', sql<Date>`${after}::timestamptz`))
      .$if(before !== undefined, (it) => it.where('at', '<', sql<Date>`${before}::timestamptz`))
      .$if(place !== undefined, (it) => it.where(follows('at', 'id', 'before', place as ListPlace)))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  );
}
