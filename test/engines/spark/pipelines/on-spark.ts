import { pipeline } from 'headrace';
import { sparkJob } from 'headrace/steps';
import * as z from 'zod';

/** One job on the standalone cluster. */
export const onSpark = pipeline(
  'on_spark',
  { input: z.object({ application: z.string() }), output: z.object({ result: z.unknown() }) },
  async (_flow, { application }) => {
    const { result } = await sparkJob({
      on: { as: 'standalone', connection: 'spark' },
      application,
      driver: { memory: '512m' },
      result: { connection: 'shared' },
    });
    return { result };
  },
);
