import { createHash } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { defaultTenant } from '../../sdk/authoring/run-memo.js';
import { hashJson } from '../../sdk/node/client/hash-json.js';
import { advisory, takeAdvisory } from './advisory.js';
import type { Database } from './database.js';
import { requiredJson, safeText } from './safe-json.js';

/** What somebody did. */
export interface AuditEntry {
  /** Who, as authentication knows them. */
  actor: string;
  /** A verb, such as `run.start` or `approval.decide`. */
  action: string;
  /** What it was done to, such as a workflow id. */
  subject: string;
  tenant?: string;
  details?: Record<string, unknown>;
  /** Now unless said. */
  at?: Date;
}

const genesis = '0'.repeat(64);

/**
 * Appends to the audit log. Each entry carries the hash of the one before it, so that a changed, removed or inserted one is
 * found by `verifyAuditLog`; the database refuses changes by itself.
 */
export async function appendAudit(database: Kysely<Database>, ...entries: AuditEntry[]): Promise<void> {
  await database.transaction().execute((transaction) => enterAudit(transaction, ...entries));
}

/** The same as part of a transaction: what was done and the entry that tells of it stand together, or neither. */
export async function enterAudit(transaction: Transaction<Database>, ...entries: AuditEntry[]): Promise<void> {
  await takeAdvisory(transaction, advisory.auditLog);
  const last = await transaction.selectFrom('audit_log').select('hash').orderBy('id', 'desc').limit(1).executeTakeFirst();
  let previous = last?.hash ?? genesis;
  const rows = entries.map(({ actor, action, subject, tenant = defaultTenant, details = {}, at = new Date() }) => {
    const entry = { at, actor: safeText(actor), action, subject: safeText(subject), tenant, details: requiredJson(details) };
    const hash = hashOf(previous, { ...entry, details: JSON.parse(entry.details) as unknown });
    const row = { ...entry, previous_hash: previous, hash };
    previous = hash;
    return row;
  });
  await transaction.insertInto('audit_log').values(rows).execute();
}

/** Where the chain is broken. */
export interface AuditBreak {
  id: number;
  reason: 'changed' | 'entry before it is missing';
}

const pageSize = 1_000;

/** Walks the audit log from its beginning. @returns the first break, or undefined where all entries stand as they were written */
export async function verifyAuditLog(database: Kysely<Database>): Promise<AuditBreak | undefined> {
  let previous = genesis;
  for (let after = 0; ; ) {
    const page = await database.selectFrom('audit_log').selectAll().where('id', '>', after).orderBy('id').limit(pageSize).execute();
    for (const { id, previous_hash, hash, ...entry } of page) {
      if (previous_hash !== previous) return { id, reason: 'entry before it is missing' };
      if (hashOf(previous, entry) !== hash) return { id, reason: 'changed' };
      previous = hash;
    }
    if (page.length < pageSize) return undefined;
    after = page.at(-1)?.id ?? after;
  }
}

function hashOf(
  previous: string,
  { at, actor, action, subject, tenant, details }: { at: Date; actor: string; action: string; subject: string; tenant: string; details: unknown },
): string {
  return createHash('sha256')
    .update(previous)
    .update(hashJson({ at: at.toISOString(), actor, action, subject, tenant, details }))
    .digest('hex');
}
