/** Asks the server, over a connection on which nothing has failed. */
export type Ask = (text: string, parameters: unknown[]) => Promise<{ object: string; role: string; rights: string[] }[]>;

const select = 'quote_ident(current_user) AS role, array_agg(wanted) AS rights';
const wanted = 'unnest($2::text[]) AS wanted';
/** By kind: what of some rights this role does not have on what has this name. */
const lacking: Record<string, string> = {
  table: `SELECT format('%I.%I', nspname, relname) AS object, ${select} FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace, ${wanted}
    WHERE relname = $1 AND relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT has_table_privilege(c.oid, wanted) GROUP BY nspname, relname`,
  schema: `SELECT format('SCHEMA %I', nspname) AS object, ${select} FROM pg_namespace n, ${wanted} WHERE nspname = $1 AND NOT has_schema_privilege(n.oid, wanted) GROUP BY nspname`,
  database: `SELECT format('DATABASE %I', datname) AS object, ${select} FROM pg_database d, ${wanted} WHERE datname = $1 AND NOT has_database_privilege(d.oid, wanted) GROUP BY datname`,
};
/** Kinds of which a statement can need one right only. */
const onlyRight: Record<string, string> = { sequence: 'USAGE', function: 'EXECUTE', procedure: 'EXECUTE', type: 'USAGE', language: 'USAGE' };
const ofTables = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'];
const denied = /^permission denied for (table|view|materialized view|foreign table|relation|sequence|schema|database|function|procedure|type|language) (.+)$/;

/**
 * The fix of a refusal: PostgreSQL names what may not be used, and this the right that is missing.
 *
 * @param said the server's message
 * @param statement what was refused
 * @returns undefined where nothing better is known than the message
 */
export async function missingRight(said: string, statement: string, ask: Ask): Promise<string | undefined> {
  const [, owned] = /^must be owner of (.+)$/.exec(said) ?? [];
  if (owned !== undefined) return `Use the role that owns the ${owned}, or make the connection's role a member of it.`;
  const [, kind = '', name = ''] = denied.exec(said) ?? [];
  if (name === '') return undefined;
  if (kind in onlyRight) return `Give the connection's role ${onlyRight[kind]} on the ${kind} ${name}.`;
  const scope = kind in lacking ? kind : 'table';
  const found = await ask(lacking[scope] as string, [name, rightsFor(scope, statement)]);
  const grants = found.map(({ object, role, rights }) => `GRANT ${rights.join(', ')} ON ${object} TO ${role}`);
  return grants.length === 0 ? undefined : `Let its owner run ${grants.join(' or ')}.`;
}

/** The rights that a statement may need, by its words. */
function rightsFor(scope: string, statement: string): string[] {
  const says = (word: string) => new RegExp(String.raw`\b${word}\b`, 'i').test(statement);
  if (scope === 'schema') return ['USAGE', ...(says('create') || says('alter') ? ['CREATE'] : [])];
  if (scope === 'database') return [says('temp') ? 'TEMPORARY' : 'CREATE'];
  const rights = ofTables.filter((right) => says(right) || (right === 'INSERT' && says('stdin')) || (right === 'UPDATE' && says('lock')));
  return rights.length > 0 ? rights : ['SELECT'];
}
