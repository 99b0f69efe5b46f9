import { pipeline, TableRef } from 'headrace';
import { loadToIceberg, undoLoad } from 'headrace/steps';
import * as z from 'zod';

/** Loads a table of Trino into another. */
export const loadLines = pipeline(
  'load_lines',
  { input: z.object({ from: TableRef, into: TableRef }), output: z.object({ rows: z.number() }) },
  async (flow, { from, into }) => {
    const load = { load: 'lines', from, into, mode: 'append' as const };
    flow.undo(() => undoLoad(load));
    const { rows } = await loadToIceberg(load, { retry: { preset: 'loading', firstWait: '1 second' } });
    return { rows };
  },
);
