import { createHash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
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
  /** Whether it may be told again: where an entry says the same, by whomever, it is left out. */
  once?: boolean;
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
  const fresh = await withoutRepeats(transaction, entries.map(written));
  if (fresh.length === 0) return;
  const last = await transaction.selectFrom('audit_log').select('hash').orderBy('id', 'desc').limit(1).executeTakeFirst();
  let previous = last?.hash ?? genesis;
  const rows = fresh.map(({ once: _, ...entry }) => {
    const hash = hashOf(previous, { ...entry, details: JSON.parse(entry.details) as unknown });
    const row = { ...entry, previous_hash: previous, hash };
    previous = hash;
    return row;
  });
  await transaction.insertInto('audit_log').values(rows).execute();
}

/** As the database keeps it. */
function written({ at = new Date(), actor, action, subject, tenant = defaultTenant, details = {}, once = false }: AuditEntry) {
  return { at, actor: safeText(actor), action, subject: safeText(subject), tenant, details: requiredJson(details), once };
}

type Written = ReturnType<typeof written>;

async function withoutRepeats(transaction: Transaction<Database>, entries: Written[]): Promise<Written[]> {
  const repeatable = entries.filter(({ once }) => once);
  const told = new Set(await findTold(transaction, repeatable));
  return entries.filter((entry) => {
    const repeated = entry.once && told.has(tellingOf(entry));
    if (entry.once) told.add(tellingOf(entry));
    return !repeated;
  });
}

async function findTold(transaction: Transaction<Database>, entries: Written[]): Promise<string[]> {
  if (entries.length === 0) return [];
  const rows = await transaction
    .withoutPlugins()
    .selectFrom('audit_log')
    .select(['action', 'subject', 'tenant', 'details'])
    .where((it) => it.or(entries.map(says)))
    .execute();
  return rows.map((row) => tellingOf({ ...row, details: JSON.stringify(row.details) }));
}

const says = ({ action, subject, tenant, details }: Written) =>
  sql<boolean>`(action, subject, tenant, details) = (${action}, ${subject}, ${tenant}, ${details}::jsonb)`;

function tellingOf({ action, subject, tenant, details }: Pick<Written, 'action' | 'subject' | 'tenant' | 'details'>): string {
  return hashJson({ action, subject, tenant, details: JSON.parse(details) as unknown });
}

/** Where the chain is broken. */
export interface AuditBreak {
  id: number;
  reason: 'changed' | 'entry before it is missing';
}

/** What a walk through the audit log found. */
export interface AuditCheck {
  /** How many stand as they were written, from the beginning to the first break. */
  entries: number;
  /** Hash of the last of them: who keeps it elsewhere also finds entries that were taken from the end. */
  head: string;
  broken?: AuditBreak;
}

const pageSize = 1_000;

/** Walks the audit log from its beginning to the first break. */
export async function verifyAuditLog(database: Kysely<Database>): Promise<AuditCheck> {
  // As it is written: what looks like an encrypted value in a name is no such thing here.
  const plain = database.withoutPlugins();
  let [entries, head] = [0, genesis];
  for (let after = 0; ; ) {
    const page = await plain.selectFrom('audit_log').selectAll().where('id', '>', after).orderBy('id').limit(pageSize).execute();
    for (const { id, previous_hash, hash, ...entry } of page) {
      const reason = previous_hash !== head ? 'entry before it is missing' : hashOf(head, entry) !== hash ? 'changed' : undefined;
      if (reason !== undefined) return { entries, head, broken: { id, reason } };
      [entries, head] = [entries + 1, hash];
    }
    if (page.length < pageSize) return { entries, head };
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
