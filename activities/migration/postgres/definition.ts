import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';

/** What belongs to a table beside its columns and rows, each part as the statement that makes it or the words of the catalogue. */
export interface Definition {
  readonly columns: unknown[];
  /** Keys, exclusions and references to other tables. */
  readonly constraints: { name: string; definition: string }[];
  readonly indexes: string[];
  readonly triggers: string[];
  /** References of other tables to this one. */
  readonly incoming: { table: string; name: string; definition: string }[];
  readonly sequences: { name: string; column: string; last: string; called: boolean; owned: boolean }[];
  readonly grants: { grantee: string; privilege: string; grantable: boolean }[];
  readonly owner: string;
  readonly comment: string | null;
}

const rows = (query: string) => `COALESCE((SELECT jsonb_agg(to_jsonb(part)) FROM (${query}) AS part), '[]'::jsonb)`;

const parts = {
  columns: `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required, a.attidentity AS identity, a.attgenerated AS generated, a.attcollation::text AS collation,
    pg_get_expr(d.adbin, d.adrelid) AS filled FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  constraints: `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = t.oid AND contype IN ('p', 'u', 'x', 'f') ORDER BY contype = 'f', conname`,
  triggers: `SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE tgrelid = t.oid AND NOT tgisinternal ORDER BY tgname`,
  indexes: `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = t.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = t.oid) ORDER BY 1`,
  incoming: `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE confrelid = t.oid AND conrelid <> t.oid AND contype = 'f' ORDER BY 1, 2`,
  grants: `SELECT COALESCE(r.rolname, 'PUBLIC') AS grantee, g.privilege_type AS privilege, g.is_grantable AS grantable FROM aclexplode(t.relacl) AS g LEFT JOIN pg_roles r ON r.oid = g.grantee WHERE g.grantee <> t.relowner ORDER BY 1, 2`,
};

const query = `SELECT ${Object.entries(parts)
  .map(([name, part]) => `${rows(part)} AS ${name}`)
  .join(', ')}, pg_get_userbyid(t.relowner) AS owner, obj_description(t.oid, 'pg_class') AS comment FROM pg_class t WHERE t.oid = to_regclass($1)`;

const ownedSequences = `SELECT s.oid::regclass::text AS name, a.attname AS column, d.deptype = 'a' AS owned FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.refobjid = to_regclass($1) AND d.deptype IN ('a', 'i') ORDER BY 1`;

/** Reads a table's definition from the catalogue. @param quoted the table's name, quoted */
export async function readDefinition({ session }: PostgresEngine, quoted: string): Promise<Definition | undefined> {
  const [found] = await session.rows<
    Omit<Definition, 'indexes' | 'triggers' | 'sequences'> & { indexes: { definition: string }[]; triggers: { definition: string }[] }
  >(query, [quoted]);
  if (found === undefined) return undefined;
  const sequences: Definition['sequences'] = [];
  for (const sequence of await session.rows<{ name: string; column: string; owned: boolean }>(ownedSequences, [quoted])) {
    const [state] = await session.rows<{ last: string; called: boolean }>(`SELECT last_value::text AS last, is_called AS called FROM ${sequence.name}`);
    sequences.push({ ...sequence, last: state?.last ?? '1', called: state?.called ?? false });
  }
  return { ...found, sequences, indexes: found.indexes.map(({ definition }) => definition), triggers: found.triggers.map(({ definition }) => definition) };
}

/** Whether two definitions say the same. What a sequence has counted to is no part of it. */
export function sameDefinition(one: Definition, other: Definition): boolean {
  const text = (definition: Definition) => canonical({ ...definition, sequences: definition.sequences.map(({ name, column }) => ({ name, column })) });
  return text(one) === text(other);
}

/** jsonb does not keep the order of fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
