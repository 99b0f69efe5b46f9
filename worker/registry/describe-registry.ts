import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';
import { migrations, requireKnown } from './migrate.js';
import { openRegistry } from './open-registry.js';
import { requireTenantWall } from './tenant-wall.js';

/**
 * What a PostgreSQL says of the registry in it, which is left as it is.
 *
 * @param tenants whether several tenants are to read it
 * @throws HeadraceError registry_unreachable, registry_newer or no_tenant_wall
 */
export async function describeRegistry(url: string, tenants: boolean): Promise<string> {
  const registry = await openRegistry({ url, asItIs: true, connections: 1 });
  try {
    const { version, who, above } = await readServer(registry.database);
    const applied = await readApplied(registry.database);
    requireKnown(applied);
    const known = migrations.length;
    const schema = applied.length === known ? `migration ${known}` : `migration ${applied.length} of ${known}, brought forward at the next start`;
    if (tenants && applied.length === known) await requireTenantWall(registry);
    const user = above ? `${who}, whom no policy holds: what is read for a tenant is read as headrace_reader` : who;
    return `PostgreSQL ${version}, ${schema}, user ${user}`;
  } finally {
    await registry.close();
  }
}

async function readServer(database: Kysely<Database>): Promise<{ version: string; who: string; above: boolean }> {
  const { rows } = await sql<{ version: string; who: string; above: boolean }>`
    select current_setting('server_version') as version, current_user as who, rolsuper or rolbypassrls as above from pg_roles where rolname = current_user`.execute(
    database,
  );
  return rows[0] ?? { version: 'of unknown version', who: 'unknown', above: false };
}

async function readApplied(database: Kysely<Database>): Promise<number[]> {
  const { rows } = await sql<{ made: boolean }>`select to_regclass('schema_migration') is not null as made`.execute(database);
  if (rows[0]?.made !== true) return [];
  return (await database.selectFrom('schema_migration').select('number').execute()).map(({ number }) => number);
}
