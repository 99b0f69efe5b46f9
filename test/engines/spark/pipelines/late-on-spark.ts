import { pipeline } from 'headrace';
import { sparkJob } from 'headrace/steps';
import * as z from 'zod';

/** One job on the standalone cluster, in attempts that have little time. */
export const lateOnSpark = pipeline(
  'late_on_spark',
  { input: z.object({ application: z.string() }), output: z.object({ result: z.unknown() }) },
  async (_flow, { application }) => {
    const { result } = await sparkJob(
      { on: { as: 'standalone', connection: 'spark' }, application, driver: { memory: '512m' }, result: { connection: 'shared' } },
      { timeout: '1 minute', retry: { preset: 'extraction', firstWait: '1 second' } },
    );
    return { result };
  },
);
