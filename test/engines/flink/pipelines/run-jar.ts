import { pipeline } from 'headrace';
import { flinkJob } from 'headrace/steps';
import * as z from 'zod';

/** Runs the jar of the tests until the file `go` is there. */
export const runJar = pipeline('run_jar', { input: z.object({ go: z.string() }), output: z.object({ rows: z.number().optional() }) }, async (_flow, { go }) => {
  const run = { jar: { files: 'jars', path: 'job.jar' }, entryClass: 'ProvingJob', args: ['waits', go] };
  const { rows } = await flinkJob({ on: 'flink', run }, { retry: { preset: 'extraction', firstWait: '1 second' } });
  return { rows };
});
