import { pipeline } from 'headrace';
import { flinkJob } from 'headrace/steps';
import * as z from 'zod';

/** Runs the jar of the tests until the file `go` is there, in attempts that have little time. */
export const runLate = pipeline(
  'run_late',
  { input: z.object({ go: z.string() }), output: z.object({ rows: z.number().optional() }) },
  async (_flow, { go }) => {
    const run = { jar: { files: 'jars', path: 'job.jar' }, entryClass: 'ProvingJob', args: ['waits', go] };
    const { rows } = await flinkJob({ on: 'flink', run }, { timeout: '30 seconds', retry: { preset: 'extraction', firstWait: '1 second' } });
    return { rows };
  },
);
