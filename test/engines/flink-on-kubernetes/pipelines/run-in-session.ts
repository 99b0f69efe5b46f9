import { pipeline } from 'headrace';
import { flinkJob } from 'headrace/steps';
import * as z from 'zod';

const input = z.object({ cluster: z.string(), jar: z.string(), go: z.string() });

/** Runs the jar of the tests in a session cluster of the operator's until the file `go` is there. */
export const runInSession = pipeline(
  'run_in_session',
  { input, output: z.object({ state: z.string(), job: z.string() }) },
  async (_flow, { cluster, jar, go }) => {
    const run = { cluster, jar, entryClass: 'ProvingJob', args: ['waits', go] };
    const { state, job } = await flinkJob(
      { on: { as: 'session_job', connection: 'cluster' }, run },
      { retry: { preset: 'extraction', firstWait: '1 second' } },
    );
    return { state, job };
  },
);
