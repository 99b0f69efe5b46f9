import { implement, type StepContext } from '../../sdk/node/index.js';
import { follow } from '../outside/follow.js';
import { FlinkApi } from './flink-api.js';
import { FlinkJob } from './flink-job.js';
import { beginJar } from './jar-job.js';
import { beginSql } from './sql-job.js';
import { type FlinkOutput, flinkJob, type RunInput, type StopInput } from './steps.js';
import { StopJob } from './stop-job.js';

export default implement({ flinkJob }, { flinkJob: (input, context) => ('stop' in input ? stopJob(input, context) : runJob(input, context)) });

async function runJob({ on, run, streaming }: RunInput, context: StepContext): Promise<FlinkOutput> {
  const api = new FlinkApi(on, context.connection(on, 'flink'));
  const begin = (job: string, signal: AbortSignal) => ('jar' in run ? beginJar(api, run, job, context, signal) : beginSql(api, run, job, signal));
  const { result, handle, engine } = await follow(new FlinkJob(api, begin, streaming), context);
  return { engine, job: handle.job, ...result };
}

async function stopJob({ on, stop }: StopInput, context: StepContext): Promise<FlinkOutput> {
  const api = new FlinkApi(on, context.connection(on, 'flink'));
  const { result: savepoint, engine } = await follow(new StopJob(api, stop), context);
  return { engine, job: stop.job, ...(savepoint === undefined ? { state: 'GONE' } : { state: 'STOPPED', savepoint }) };
}
