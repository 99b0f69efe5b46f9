import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';

/** What is done by one transaction at a time. The numbers are Headrace's own within a database. */
export const advisory = { migrations: 4_270_001, outbox: 4_270_002, closure: 4_270_003, auditLog: 4_270_004 };

/** Waits until no other transaction holds the lock, and holds it until this one ends. */
export async function takeAdvisory(transaction: Kysely<Database>, lock: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(lock)})`.execute(transaction);
}
