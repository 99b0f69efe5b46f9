import { pipeline } from 'headrace';
import { pythonScript } from 'headrace/steps';
import * as z from 'zod';

/** One script, as a Job. */
export const onCluster = pipeline(
  'on_cluster',
  { input: z.object({ code: z.string() }), output: z.object({ result: z.unknown() }) },
  async (_flow, { code }) => {
    const { result } = await pythonScript({ script: { code }, on: { connection: 'cluster', image: 'python:3.11' } });
    return { result };
  },
);
