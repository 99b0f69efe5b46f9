import { pipeline } from 'headrace';
import { flinkJob } from 'headrace/steps';
import * as z from 'zod';

const input = z.object({ run: z.object({ prepare: z.array(z.string()), statement: z.string() }) });

/** Runs SQL of the tests. */
export const runSql = pipeline('run_sql', { input, output: z.object({ state: z.string() }) }, async (_flow, { run }) => {
  const { state } = await flinkJob({ on: 'flink', run }, { retry: { preset: 'extraction', firstWait: '1 second' } });
  return { state };
});
