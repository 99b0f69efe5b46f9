import type { Kysely, Selectable, Transaction } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { enterAudit } from '../registry/audit-log.js';
import type { ApiKeyRow, Database } from '../registry/database.js';
import { requiredJson } from '../registry/safe-json.js';
import { hashKey, type KeyText, makeKeyText } from './api-key.js';
import { type Principal, parseGrant } from './principal.js';

/** A key that is to be made. */
export interface NewKey {
  /** Its principal is `key:` and this name, which is used once in a tenant. */
  name: string;
  tenant: string;
  /** Such as `viewer` or `operator:sales_*`. */
  grants: string[];
  /** For ever unless said. */
  expiresAt?: Date;
}

/** Makes a key. @throws HeadraceError bad_grant or key_exists */
export async function createKey(database: Kysely<Database>, { name, tenant, grants, expiresAt }: NewKey, by: Principal): Promise<KeyText> {
  for (const grant of grants) parseGrant(grant);
  const made = makeKeyText();
  const row = { id: made.id, name, tenant, grants: requiredJson(grants), hash: hashKey(made.text), created_by: by.name, expires_at: expiresAt };
  await database.transaction().execute(async (transaction) => {
    const entered = await transaction
      .insertInto('api_key')
      .values(row)
      .onConflict((it) => it.columns(['tenant', 'name']).doNothing())
      .executeTakeFirst();
    if (entered.numInsertedOrUpdatedRows === 0n) throw new HeadraceError(`There is a key '${name}' already.`, { code: 'key_exists', where: name });
    await enterAudit(transaction, { actor: by.name, action: 'key.create', subject: made.id, tenant, details: { name, grants, expiresAt } });
  });
  return made;
}

const shown = ['id', 'name', 'tenant', 'grants', 'created_by', 'created_at', 'expires_at', 'revoked_at', 'last_used_at', 'previous_until'] as const;

/** A key without its hashes. */
export type ListedKey = Pick<ApiKeyRow, (typeof shown)[number]>;

/** All keys of a tenant, the newest first, also those that are revoked. */
export function listKeys(database: Kysely<Database>, tenant: string): Promise<ListedKey[]> {
  return database.selectFrom('api_key').select(shown).where('tenant', '=', tenant).orderBy('created_at', 'desc').orderBy('id').execute();
}

/**
 * Gives a key a new secret. The one before it is good for a while longer, so that whoever uses it can change.
 *
 * @param grace milliseconds
 * @throws HeadraceError unknown_key or key_revoked
 */
export async function rotateKey(database: Kysely<Database>, tenant: string, id: string, grace: number, by: Principal): Promise<KeyText> {
  const made = makeKeyText(id);
  const until = new Date(Date.now() + grace);
  await change(database, tenant, id, by, 'key.rotate', { previousUntil: until }, async (transaction, { hash }) => {
    await transaction
      .updateTable('api_key')
      .set({ hash: hashKey(made.text), previous_hash: hash, previous_until: until })
      .where('id', '=', id)
      .execute();
  });
  return made;
}

/** Ends a key, at once and for ever. @throws HeadraceError unknown_key or key_revoked */
export async function revokeKey(database: Kysely<Database>, tenant: string, id: string, by: Principal): Promise<void> {
  await change(database, tenant, id, by, 'key.revoke', {}, async (transaction) => {
    await transaction.updateTable('api_key').set({ revoked_at: new Date() }).where('id', '=', id).execute();
  });
}

async function change(
  database: Kysely<Database>,
  tenant: string,
  id: string,
  by: Principal,
  action: string,
  details: Record<string, unknown>,
  work: (transaction: Transaction<Database>, row: Selectable<Database['api_key']>) => Promise<void>,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const row = await transaction.selectFrom('api_key').selectAll().where('id', '=', id).where('tenant', '=', tenant).forUpdate().executeTakeFirst();
    if (row === undefined) throw new HeadraceError(`There is no key '${id}'.`, { code: 'unknown_key', where: id });
    if (row.revoked_at !== null) throw new HeadraceError(`The key '${id}' is revoked.`, { code: 'key_revoked', where: id });
    await work(transaction, row);
    await enterAudit(transaction, { actor: by.name, action, subject: id, tenant, details: { name: row.name, ...details } });
  });
}
