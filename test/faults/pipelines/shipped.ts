import { pipeline, TableRef } from 'headrace';
import { exportData, loadData, sql } from 'headrace/steps';
import * as z from 'zod';

/** Makes rows, loads them, and writes some of their columns to a file. */
export const shipped = pipeline(
  'shipped',
  { input: z.object({ rows: z.number().int(), into: TableRef, path: z.string() }), output: z.object({ rows: z.number() }) },
  async (_flow, { rows, into, path }) => {
    const statement = "SELECT DATE '2001-07-01' AS day, n AS id, md5(CAST(n AS VARCHAR)) AS filling FROM range($rows) t(n)";
    const made = await sql({ on: 'lake', statement, parameters: { rows }, into: 'made' });
    const loaded = await loadData({ load: 'shipped', from: made.table, into, mode: 'overwrite_partition', partitionBy: 'day', partition: '2001-07-01' });
    await exportData({ from: loaded.table, select: ['id'], to: { files: 'outgoing', path } });
    return { rows: loaded.rows };
  },
);
