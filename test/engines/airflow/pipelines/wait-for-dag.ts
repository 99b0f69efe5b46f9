import { pipeline } from 'headrace';
import { triggerAirflowDag } from 'headrace/steps';
import * as z from 'zod';

/** Runs the DAG `waits` until the file `go` is there. */
export const waitForDag = pipeline(
  'wait_for_dag',
  { input: z.object({ go: z.string() }), output: z.object({ result: z.unknown() }) },
  async (_flow, { go }) => {
    const retry = { preset: 'airflow', firstWait: '1 second' } as const;
    const { result } = await triggerAirflowDag({ on: 'airflow', dag: 'waits', conf: { go }, result: { task: 'hold' } }, { retry });
    return { result };
  },
);
