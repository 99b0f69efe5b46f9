import { pipeline } from 'headrace';
import { extractData, loadData } from 'headrace/steps';
import * as z from 'zod';

/** Takes a topic's messages and adds them to the table `numbers`. */
export const takeNumbers = pipeline(
  'take_numbers',
  { input: z.object({ topic: z.string() }), output: z.object({ rows: z.number() }) },
  async (_flow, { topic }) => {
    const retry = { preset: 'extraction', firstWait: '1 second' } as const;
    const taken = await extractData({ from: { kafka: 'bus', topic }, into: 'lake' }, { retry });
    const { rows } = await loadData({ load: 'numbers', from: taken.table, into: { connection: 'lake', table: 'numbers' }, mode: 'append' });
    return { rows };
  },
);
