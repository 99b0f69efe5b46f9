import { implement, type StepContext } from '../../sdk/node/index.js';
import { Cluster } from '../kubernetes/cluster.js';
import { follow } from '../outside/follow.js';
import { FlinkApi } from './flink-api.js';
import { FlinkJob } from './flink-job.js';
import { beginJar } from './jar-job.js';
import { OperatedJob } from './operated-job.js';
import { OperatedStop } from './operated-stop.js';
import { beginSql } from './sql-job.js';
import { type FlinkOutput, flinkJob, type OperatedInput, type RunInput, type StopInput } from './steps.js';
import { StopJob } from './stop-job.js';

export default implement(
  { flinkJob },
  {
    flinkJob: (input, context) => {
      if (isOperated(input)) return byOperator(input, context);
      return 'stop' in input ? stopJob(input, context) : runJob(input, context);
    },
  },
);

function isOperated(input: RunInput | StopInput | OperatedInput): input is OperatedInput {
  return typeof input.on === 'object';
}

async function byOperator(input: OperatedInput, context: StepContext): Promise<FlinkOutput> {
  const { on } = input;
  const cluster = await Cluster.open(on.connection, context.connection(on.connection, 'kubernetes'));
  if ('stop' in input) {
    const { result, engine } = await follow(new OperatedStop(cluster, on, input.stop.job), context);
    return { engine, job: input.stop.job, ...result };
  }
  const order = { on, run: input.run, owner: context, steadyFor: input.streaming?.steadyFor };
  const { result: state, handle, engine } = await follow(new OperatedJob(cluster, order), context);
  return { engine, job: handle.name, state };
}

async function runJob({ on, run, streaming }: RunInput, context: StepContext): Promise<FlinkOutput> {
  const api = new FlinkApi(on, context.connection(on, 'flink'));
  const begin = (job: string, signal: AbortSignal) => ('jar' in run ? beginJar(api, run, job, context, signal) : beginSql(api, run, job, signal));
  const { result, handle, engine, cost } = await follow(new FlinkJob(api, begin, streaming), context);
  return { engine, job: handle.job, ...result, cost };
}

async function stopJob({ on, stop }: StopInput, context: StepContext): Promise<FlinkOutput> {
  const api = new FlinkApi(on, context.connection(on, 'flink'));
  const { result: savepoint, engine } = await follow(new StopJob(api, stop), context);
  return { engine, job: stop.job, ...(savepoint === undefined ? { state: 'GONE' } : { state: 'STOPPED', savepoint }) };
}
