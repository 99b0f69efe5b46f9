import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import type { PostgresEngine } from '../../engines/postgres/postgres-engine.js';
import { targetColumns } from '../../load/postgres/target.js';
import { type Definition, readDefinition } from './definition.js';

/**
 * Makes a table anew from its backup, inside a transaction: rows, then all that belongs to it.
 *
 * @param table quoted
 * @param backup quoted
 * @throws when something that is no part of the backup, such as a view, depends on the table
 */
export async function rebuild(engine: PostgresEngine, table: string, backup: string, definition: Definition): Promise<void> {
  await clear(engine, table, definition);
  await engine.session.rows(`CREATE TABLE ${table} (LIKE ${backup} INCLUDING ALL EXCLUDING INDEXES)`);
  await copyRows(engine, backup, table);
  for (const statement of after(table, definition)) await engine.session.rows(statement);
}

/** Copies rows without those columns that the table computes. */
export async function copyRows(engine: PostgresEngine, from: string, to: string): Promise<void> {
  const names = (await targetColumns(engine, to))
    .filter(({ generated }) => !generated)
    .map(({ name }) => quoteIdentifier(name))
    .join(', ');
  await engine.session.rows(
    names === '' ? `INSERT INTO ${to} SELECT FROM ${from}` : `INSERT INTO ${to} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${from}`,
  );
}

/** Takes the table away, but not the sequences that count for it. */
async function clear(engine: PostgresEngine, table: string, { sequences }: Definition): Promise<void> {
  const { session } = engine;
  const [present] = await session.rows<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  for (const { name, owned } of sequences) {
    if (owned && (await session.rows<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [name]))[0]?.there)
      await session.rows(`ALTER SEQUENCE ${name} OWNED BY NONE`);
    else if (owned) await session.rows(`CREATE SEQUENCE ${name}`);
  }
  if (!present?.there) return;
  const now = await readDefinition(engine, table);
  for (const { table: other, name } of now?.incoming ?? []) await session.rows(`ALTER TABLE ${other} DROP CONSTRAINT ${quoteIdentifier(name)}`);
  await session.rows(`DROP TABLE ${table}`);
}

/** The statements that make what LIKE does not. */
function after(table: string, { constraints, indexes, triggers, incoming, sequences, grants, owner, comment }: Definition): string[] {
  return [
    ...constraints.map(({ name, definition }) => `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`),
    ...indexes,
    ...triggers,
    ...incoming.map((other) => `ALTER TABLE ${other.table} ADD CONSTRAINT ${quoteIdentifier(other.name)} ${other.definition}`),
    ...sequences.flatMap((sequence) => count(table, sequence)),
    ...(comment === null ? [] : [`COMMENT ON TABLE ${table} IS ${quoteLiteral(comment)}`]),
    ...grants.map(
      ({ grantee, privilege, grantable }) =>
        `GRANT ${privilege} ON ${table} TO ${grantee === 'PUBLIC' ? grantee : quoteIdentifier(grantee)}${grantable ? ' WITH GRANT OPTION' : ''}`,
    ),
    `ALTER TABLE ${table} OWNER TO ${quoteIdentifier(owner)}`,
  ];
}

/** A sequence belongs to the table again and goes on where it was. That of an identity is a new one, of the same count. */
function count(table: string, { name, column, last, called, owned }: Definition['sequences'][number]): string[] {
  const sequence = owned ? quoteLiteral(name) : `pg_get_serial_sequence(${quoteLiteral(table)}, ${quoteLiteral(column)})`;
  return [...(owned ? [`ALTER SEQUENCE ${name} OWNED BY ${table}.${quoteIdentifier(column)}`] : []), `SELECT setval(${sequence}, ${last}, ${called})`];
}
