import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import type { TableRef } from '../../sdk/index.js';
import { type Ground, postgresUrl } from './ground.js';

/** How often each row is there: rows, and rows that differ. */
export interface Count {
  rows: number;
  different: number;
}

const count = 'SELECT count(*) AS rows, count(DISTINCT (day, id)) AS different FROM';

/** The rows of one day, as a reader of the table sees them. */
export async function countDay(ground: Ground, { connection, table }: TableRef, day: string): Promise<Count> {
  const [row] =
    connection === 'lake'
      ? await askLake(`${count} read_parquet('${ground.lake}/${table}/**/*.parquet', hive_partitioning = true) WHERE day = DATE '${day}'`)
      : await askPostgres(`${count} ${table} WHERE day = '${day}'`);
  return { rows: Number(row?.rows), different: Number(row?.different) };
}

/** All rows of a table; none where it is not there. */
export async function countRows(ground: Ground, { connection, table }: TableRef): Promise<number> {
  const counted =
    connection === 'lake'
      ? askLake(`SELECT count(*) AS rows FROM read_parquet('${ground.lake}/${table}/**/*.parquet')`)
      : askPostgres(`SELECT count(*) AS rows FROM ${table}`);
  const [row] = await counted.catch((error: Error) => {
    if (/does not exist|No files found/.test(error.message)) return [{ rows: 0 }];
    throw error;
  });
  return Number(row?.rows);
}

export async function askLake(statement: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(statement)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export async function askPostgres(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  try {
    return (await client.query(statement)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** All that a table of PostgreSQL holds, whatever the order of its rows: how many there are, and the sum of their hashes. */
export async function sumOfRows(table: string): Promise<Record<string, unknown> | undefined> {
  return (await askPostgres(`SELECT count(*) AS rows, sum(hashtextextended(it::text, 0)::numeric) AS hashes FROM ${table} AS it`))[0];
}

/** The sums of a table's files in the lake, by path. */
export function sums(ground: Ground, table: string): Record<string, string> {
  const files = readdirSync(join(ground.lake, table), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'));
  return Object.fromEntries(
    files.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(ground.lake, table, name)))
        .digest('hex'),
    ]),
  );
}
