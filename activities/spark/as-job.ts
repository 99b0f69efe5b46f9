import { ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { Cluster } from '../kubernetes/cluster.js';
import { type JobDescription, terminationLog } from '../kubernetes/job.js';
import { JobWork } from '../kubernetes/job-work.js';
import type { PodEnd } from '../kubernetes/pod-end.js';
import { follow } from '../outside/follow.js';
import { workFailed } from '../outside/work-failed.js';
import { PrintedLines } from '../python/printed-lines.js';
import { parseResult } from '../python/result.js';
import { essence, failureOf } from './failure.js';
import { type Input, submitWords } from './submission.js';

type On = Extract<Input['on'], { as: 'job' }>;

/** Lines of the driver that its failure is read from. */
const kept = 400;

/** Runs spark-submit in client mode as a Job: the driver is the Job's process. */
export async function runAsJob(on: On, input: Input, context: StepContext) {
  const cluster = await Cluster.open(on.connection, context.connection(on.connection, 'kubernetes'));
  const printed = new PrintedLines(context.log, []);
  const last: string[] = [];
  const work = new JobWork<unknown>(cluster, {
    describe: () => describe(on, input, context),
    owner: context,
    log: context.log,
    startWithin: on.startWithinSeconds * 1_000,
    onLine: (line) => {
      printed.add('stdout', `${line}\n`);
      last.push(line);
      if (last.length > kept) last.shift();
    },
    judge: (end) => judged(end, last, on.connection),
  });
  return follow(work, context);
}

function describe(on: On, input: Input, context: StepContext): JobDescription {
  const memory = { 'spark.driver.memory': input.driver.memory, 'spark.driver.cores': String(input.driver.cores) };
  return {
    ...on,
    command: ['spark-submit', ...submitWords(`headrace-${context.callId.replace(/\W/g, '-')}`, on.master, { ...input, conf: { ...memory, ...input.conf } })],
    environment: { HEADRACE_KEY: context.key, HEADRACE_RESULT: terminationLog },
    files: {},
  };
}

function judged({ exitCode, reason, message }: PodEnd, last: readonly string[], connection: string): unknown {
  if (reason === 'OOMKilled') throw workFailed('Spark', connection, 'the driver had too little memory (OOMKilled): raise on.memory');
  const cause = `the driver ended with exit code ${exitCode}`;
  const said = last.join('\n');
  if (exitCode === 64 || exitCode === 65) throw new ValidationError(`Spark: ${cause}\n${essence(said)}`, { where: connection });
  if (exitCode !== 0) throw failureOf(connection, said, cause);
  if (Buffer.byteLength(message) >= cutAt)
    throw new ValidationError(`Spark: the job's result has ${cutAt} bytes or more, which a pod does not tell whole.`, tooLong);
  return message === '' ? null : parseResult(message);
}

/** Bytes of a termination message that Kubernetes keeps. */
const cutAt = 4_096;
const tooLong = { code: 'payload_too_large', fix: 'Give a summary: the name of a table or a file, and counts.' } as const;
