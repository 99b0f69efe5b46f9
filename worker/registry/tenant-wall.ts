import { CompiledQuery, type DatabaseConnection, sql } from 'kysely';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import type { Registry } from './registry.js';

/** A table or view that whoever reads for a tenant sees whole, and why. */
interface OpenTable {
  name: string;
  owner: string;
  isView: boolean;
  isWalled: boolean;
}

// A pipeline is code, and what it is called no secret.
const openTables = `
select quote_ident(relname) as name, quote_ident(pg_get_userbyid(relowner)) as owner, relkind in ('v', 'm') as "isView", relrowsecurity as "isWalled" from pg_class
where relnamespace = quote_ident(current_schema())::regnamespace and relkind in ('r', 'p', 'v', 'm') and relname <> 'pipeline'
  and has_any_column_privilege(oid, 'select') and not row_security_active(oid)
order by 1`;

const readerRights = 'select rolsuper or rolbypassrls as above from pg_roles where rolname = current_user';

/**
 * Looks whether row-level security holds the role that a connection has now: it does not hold superusers, who has BYPASSRLS, or who owns a table.
 *
 * @throws HeadraceError no_tenant_wall, with the tables that stand open and what an administrator is to run
 */
export async function requirePolicies(connection: DatabaseConnection): Promise<void> {
  const { rows: open } = await connection.executeQuery<OpenTable>(CompiledQuery.raw(openTables));
  if (open.length === 0) return;
  const { rows: rights } = await connection.executeQuery<{ above: boolean }>(CompiledQuery.raw(readerRights));
  const names = open.map(({ name }) => name).join(', ');
  throw new HeadraceError(`Row-level security does not hold the role headrace_reader, so that tenants would see each other's rows of ${names}.`, {
    code: 'no_tenant_wall',
    fix: `As an administrator of the database, run: ${(rights[0]?.above === true ? ['alter role headrace_reader nosuperuser nobypassrls;'] : open.map(closing)).join(' ')}`,
  });
}

function closing({ name, owner, isView, isWalled }: OpenTable): string {
  if (isView) return `revoke select on ${name} from headrace_reader;`;
  if (!isWalled) return `alter table ${name} enable row level security;`;
  return owner === 'headrace_reader'
    ? `alter table ${name} owner to current_user; grant select on ${name} to headrace_reader;`
    : `revoke ${owner} from headrace_reader;`;
}

/** Looks whether what is read for a tenant is kept from the others. @throws HeadraceError no_tenant_wall, or what keeps the registry from being read */
export async function requireTenantWall({ readAs }: Pick<Registry, 'readAs'>): Promise<void> {
  await sql`select`.execute(readAs(''));
}
