import { createHash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { advisory, takeAdvisory } from './advisory.js';
import type { Database } from './database.js';
import { registryTables } from './migrations/0001-registry.js';
import { runList } from './migrations/0002-run-list.js';
import { access } from './migrations/0003-access.js';
import { metricTotals } from './migrations/0004-metric-totals.js';
import { tenantWall } from './migrations/0005-tenant-wall.js';
import { auditSubject } from './migrations/0006-audit-subject.js';
import { laterPositions } from './migrations/0007-later-positions.js';
import { positionsByTime } from './migrations/0008-positions-by-time.js';
import { callCost } from './migrations/0009-call-cost.js';
import { executionsOfRun } from './migrations/0010-executions-of-run.js';
import { auditList } from './migrations/0011-audit-list.js';
import { auditFilters } from './migrations/0012-audit-filters.js';
import type { Migration } from './migrations/migration.js';

/** All migrations, in their order. */
export const migrations: readonly Migration[] = [
  registryTables,
  runList,
  access,
  metricTotals,
  tenantWall,
  auditSubject,
  laterPositions,
  positionsByTime,
  callCost,
  executionsOfRun,
  auditList,
  auditFilters,
];

/** The migrations with their texts, as a database administrator wants to read and run them. */
export function printMigrations(): string {
  return migrations.map(({ number, name, sql: text }) => `-- ${String(number).padStart(4, '0')} ${name}\n${text.trim()}\n`).join('\n');
}

/**
 * Brings the schema to this version. Several starters may call it at once: one works and the others wait.
 *
 * @returns the names of the migrations that this call applied
 * @throws HeadraceError registry_newer when a later version brought it further than this one knows, and registry_changed when an applied migration is
 *   not the one that this version knows
 */
export async function migrate(database: Kysely<Database>, known: readonly Migration[] = migrations): Promise<string[]> {
  return database.transaction().execute(async (transaction) => {
    await takeAdvisory(transaction, advisory.migrations);
    const applied = await readApplied(transaction);
    requireKnown(applied.keys(), known);
    const missing = known.filter((migration) => !isApplied(migration, applied));
    for (const migration of missing) await apply(transaction, migration);
    return missing.map(({ name }) => name);
  });
}

/** What a later version writes, or expects to be written, this one does not know. @throws HeadraceError registry_newer */
export function requireKnown(applied: Iterable<number>, known: readonly Migration[] = migrations): void {
  const last = Math.max(0, ...known.map(({ number }) => number));
  const newest = Math.max(0, ...applied);
  if (newest <= last) return;
  throw new HeadraceError(`The registry was brought to migration ${newest} by a later version of Headrace; this one knows ${last}, and writes nothing.`, {
    code: 'registry_newer',
  });
}

async function readApplied(transaction: Transaction<Database>): Promise<Map<number, string>> {
  await sql`create table if not exists schema_migration (number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`.execute(
    transaction,
  );
  const rows = await transaction.selectFrom('schema_migration').select(['number', 'checksum']).execute();
  return new Map(rows.map(({ number, checksum }) => [number, checksum]));
}

function isApplied(migration: Migration, applied: ReadonlyMap<number, string>): boolean {
  const before = applied.get(migration.number);
  if (before === undefined || before === checksum(migration)) return before !== undefined;
  throw new HeadraceError(`Migration ${migration.number} (${migration.name}) was applied with another text.`, {
    code: 'registry_changed',
    fix: 'This registry belongs to another build of Headrace: use that build, or another database.',
  });
}

async function apply(transaction: Transaction<Database>, migration: Migration): Promise<void> {
  for (const statement of statements(migration)) await sql.raw(statement).execute(transaction);
  await transaction
    .insertInto('schema_migration')
    .values({ number: migration.number, name: migration.name, checksum: checksum(migration) })
    .execute();
}

/** A function's body has semicolons too, but no blank line after them. */
function statements({ sql: text }: Migration): string[] {
  return text
    .split(/;\s*\n\s*\n/)
    .map((it) => it.trim())
    .filter((it) => it !== '');
}

function checksum({ sql: text }: Migration): string {
  return createHash('sha256').update(text.trim()).digest('hex');
}
