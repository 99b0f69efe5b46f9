import { askPostgres } from './rows.js';

/** A table for the rows of keep_rows with what else a table may have. */
export const tableOfManyTypes = (table: string) => `
  CREATE TABLE ${table} (
    day date NOT NULL, id bigint, mark varchar(40) COLLATE "C", filling text,
    exact numeric DEFAULT 0, near double precision DEFAULT 0, moment timestamptz DEFAULT now(), raw bytea DEFAULT '',
    tags text[] DEFAULT '{}', extra jsonb DEFAULT '{}', number bigint GENERATED ALWAYS AS IDENTITY, twice bigint GENERATED ALWAYS AS (id * 2) STORED,
    PRIMARY KEY (day, id), CHECK (id >= 0)
  );
  CREATE INDEX ON ${table} (mark DESC NULLS LAST) WHERE id > 10;
  CREATE UNIQUE INDEX ON ${table} (day, (md5(filling)), id);
  COMMENT ON TABLE ${table} IS 'of many types'`;

/** Values that are easily lost on a way through text or floating point. */
export const hardValues = (table: string) => `
  UPDATE ${table} SET exact = 'NaN', near = '-0', moment = '-infinity', raw = '\\x00ff', tags = '{NULL,"",","}', extra = 'null' WHERE id % 3 = 0;
  UPDATE ${table} SET exact = 12345678901234567890.000000000100, near = 0.1::float8 + 0.2::float8, moment = '2001-07-01 00:00:00.000001+00', filling = '' WHERE id % 3 = 1;
  UPDATE ${table} SET exact = NULL, near = NULL, moment = NULL, raw = NULL, tags = NULL, extra = NULL, mark = NULL, filling = NULL WHERE id % 3 = 2`;

/** Each row as a text that tells all its values apart, NULL too, whatever their order in the table. */
export async function rowsOf(table: string): Promise<string[]> {
  return (await askPostgres(`SELECT it::text AS row FROM ${table} AS it ORDER BY it::text COLLATE "C"`)).map(({ row }) => String(row));
}

/** The table itself, its columns, constraints and indexes. */
export async function definitionOf(table: string): Promise<unknown> {
  const of = `'${table}'::regclass`;
  return {
    table: await askPostgres(`SELECT oid, relowner, relacl, reloptions, relpersistence, obj_description(oid) AS comment FROM pg_class WHERE oid = ${of}`),
    columns: await askPostgres(
      `SELECT attnum, attname, format_type(atttypid, atttypmod) AS type, attnotnull, attidentity, attgenerated, attcollation, pg_get_expr(adbin, adrelid) AS filled
       FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = ${of} AND attnum > 0 ORDER BY attnum`,
    ),
    constraints: await askPostgres(
      `SELECT conname, convalidated, pg_get_constraintdef(oid) AS says FROM pg_constraint WHERE conrelid = ${of} ORDER BY conname`,
    ),
    indexes: await askPostgres(`SELECT pg_get_indexdef(indexrelid) AS says, indisvalid FROM pg_index WHERE indrelid = ${of} ORDER BY 1`),
  };
}
