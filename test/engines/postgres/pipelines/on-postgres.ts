import { pipeline, TableRef } from 'headrace';
import { type Load, loadData, sql } from 'headrace/steps';
import * as z from 'zod';

const soon = { retry: { preset: 'loading', firstWait: '1 second' } } as const;

/** Makes rows and adds them to a table. */
export const addNumbers = pipeline(
  'add_numbers',
  { input: z.object({ into: TableRef, rows: z.number().int() }), output: z.object({ rows: z.number() }) },
  async (_flow, { into, rows }) => {
    const made = await sql({
      on: 'lake',
      statement: "SELECT n AS id, 'first' AS word, md5(CAST(n AS VARCHAR)) AS filling FROM range($rows) t(n)",
      parameters: { rows },
      into: 'made',
    });
    const load: Load = { load: 'numbers', from: made.table, into, mode: 'append' };
    return { rows: (await loadData(load, soon)).rows };
  },
);

/** One statement, as long as it takes. */
export const askPostgres = pipeline(
  'ask_postgres',
  { input: z.object({ on: z.string(), statement: z.string() }), output: z.object({ rows: z.number() }) },
  async (_flow, { on, statement }) => ({ rows: (await sql({ on, statement }, soon)).rowCount }),
);
