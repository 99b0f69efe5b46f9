import { join } from 'node:path';
import { implement, type StepContext } from '../../sdk/node/index.js';
import { Cluster } from '../kubernetes/cluster.js';
import { type Followed, follow } from '../outside/follow.js';
import { readResult } from '../python/result.js';
import { ApplicationWork } from './application.js';
import { runAsJob } from './as-job.js';
import { Master } from './master.js';
import { StandaloneWork } from './standalone.js';
import { sparkJob } from './steps.js';
import type { Input } from './submission.js';

type Place = Input['on'];

export default implement(
  { sparkJob },
  {
    sparkJob: async (input, context) => {
      const { result, engine, cost } = await runOn(input.on, input, context);
      return { result, ...countsOf(result), engine, cost };
    },
  },
);

function runOn(on: Place, input: Input, context: StepContext): Promise<Pick<Followed<unknown, unknown>, 'result' | 'engine' | 'cost'>> {
  switch (on.as) {
    case 'standalone':
      return onStandalone(on, input, context);
    case 'job':
      return runAsJob(on, input, context);
    case 'application':
      return asApplication(on, input, context);
  }
}

function onStandalone({ connection }: Extract<Place, { as: 'standalone' }>, input: Input, context: StepContext) {
  const master = new Master(connection, context.connection(connection, 'spark'));
  const fresh = context.attempt === 1 && context.resumed === undefined;
  return follow(new StandaloneWork(master, { fresh, ...common(input, context) }), context);
}

async function asApplication(on: Extract<Place, { as: 'application' }>, input: Input, context: StepContext) {
  const cluster = await Cluster.open(on.connection, context.connection(on.connection, 'kubernetes'));
  return follow(new ApplicationWork(cluster, { on, owner: context, ...common(input, context) }), context);
}

/** What a driver gets and gives, wherever it runs. */
function common(input: Input, context: StepContext) {
  const file = resultFile(input, context);
  return {
    input,
    environment: (id: string) => ({ HEADRACE_KEY: context.key, ...(file === undefined ? {} : { HEADRACE_RESULT: file(id) }) }),
    result: async (id: string) => (file === undefined ? null : readResult(file(id))),
  };
}

/** The file of a job's result: each time that the work is begun has its own, so that none is taken for another's. */
function resultFile({ result }: Input, context: StepContext): ((id: string) => string) | undefined {
  if (result === undefined) return undefined;
  const { folder } = context.connection(result.connection, 'files');
  return (id) => join(folder, `${id}.json`);
}

/** The counts that a job's result tells. */
function countsOf(result: unknown): { rows?: number; bytes?: number } {
  const { rows, bytes } = (typeof result === 'object' && result !== null ? result : {}) as Record<string, unknown>;
  return { ...(Number.isSafeInteger(rows) ? { rows: rows as number } : {}), ...(Number.isSafeInteger(bytes) ? { bytes: bytes as number } : {}) };
}
