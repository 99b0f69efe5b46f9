import { pipeline, TableRef } from 'headrace';
import { type Load, loadData, sql, undoLoad } from 'headrace/steps';
import * as z from 'zod';
import { hold } from './journal.js';
import { quickly } from './quick.js';

/** Loads a day of made-up rows; on request it fails after its load, when `failing` is let go, and the load is undone. */
export const keepRows = pipeline(
  'keep_rows',
  {
    input: z.object({
      day: z.iso.date(),
      into: TableRef,
      rows: z.number().int().default(1_000),
      /** Makes the rows of one run different from those of another. */
      mark: z.string().default('first'),
      fails: z.boolean().default(false),
    }),
    output: z.object({ rows: z.number() }),
  },
  async (flow, { day, into, rows, mark, fails }) => {
    const statement = 'SELECT CAST($day AS DATE) AS day, n AS id, $mark AS mark, md5(CAST(n AS VARCHAR)) AS filling FROM range($rows) t(n)';
    const made = await sql({ on: 'lake', statement, parameters: { day, mark, rows }, into: 'made' }, quickly.working);
    const load: Load = { load: 'rows', from: made.table, into, mode: 'overwrite_partition', partitionBy: 'day', partition: day };
    flow.undo(() => undoLoad(load, quickly.undoing));
    const loaded = await loadData(load, quickly.loading);
    if (fails) await hold({ name: 'failing' });
    if (fails) throw new Error('It fails after its load.');
    return { rows: loaded.rows };
  },
);
