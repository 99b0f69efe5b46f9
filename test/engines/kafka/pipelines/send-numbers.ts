import { pipeline } from 'headrace';
import { exportData, sql } from 'headrace/steps';
import * as z from 'zod';

/** Makes rows and sends them to a topic, a few in each transaction. */
export const sendNumbers = pipeline(
  'send_numbers',
  { input: z.object({ topic: z.string(), rows: z.number().int() }), output: z.object({ rows: z.number() }) },
  async (_flow, { topic, rows }) => {
    const made = await sql({ on: 'lake', statement: 'SELECT n FROM range($rows) t(n)', parameters: { rows }, into: 'made' });
    if (made.table === undefined) throw new Error('no table was made');
    const to = { kafka: 'bus', topic, key: 'n', batch: 100 };
    return exportData({ from: made.table, to }, { retry: { preset: 'loading', firstWait: '1 second' } });
  },
);
