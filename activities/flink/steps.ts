import * as z from 'zod';
import { Cost, step } from '../../sdk/index.js';
import { DoneOn } from '../engines/done-on.js';
import { ApplicationJob, Operated, OperatedStop, SessionCluster, SessionJob, Steady } from './operated-schema.js';

const name = z.string().min(1);
const settings = z.record(z.string(), z.string()).default({});

/** A jar's main class as a job. */
const JarJob = z.strictObject({
  /** A file of a `files` connection, which is uploaded once; or the id of a jar that the cluster has. */
  jar: z.union([z.strictObject({ files: name, path: name }), z.strictObject({ id: z.string().regex(/^[\w.-]+$/, 'an id as /jars lists it') })]),
  /** The jar's manifest says it unless given. */
  entryClass: name.optional(),
  args: z.array(z.string()).default([]),
  parallelism: z.number().int().min(1).optional(),
  /** Of an earlier job, from which this one goes on. */
  savepoint: name.optional(),
  /** Configuration of the job, such as `{ 'execution.checkpointing.interval': '10 s' }`. */
  settings,
});

/** A job written in SQL, by the SQL gateway. */
const SqlJob = z.strictObject({
  /** What goes before: CREATE TABLE, USE, SET. Its effect ends with the step. */
  prepare: z.array(name).default([]),
  /** INSERT INTO …, or EXECUTE STATEMENT SET BEGIN … END: one job. */
  statement: name,
  /** Configuration of the session; `execution.runtime-mode` is batch unless it is said. */
  settings,
});

/** What makes a job that never ends a healthy one. */
const Streaming = z.strictObject({
  /** Seconds for which it runs without a restart. */
  steadyFor: z.number().int().min(0).max(3_600).default(30),
  /** Checkpoints that it completes. */
  checkpoints: z.number().int().min(0).max(100).default(1),
});

/** A running job that is to end with a savepoint. */
const Stop = z.strictObject({
  job: z.string().regex(/^[0-9a-f]{32}$/, 'a job id of 32 hexadecimal digits'),
  /** The folder of the savepoint, as the cluster sees it; its own default unless given. */
  savepoints: name.optional(),
  /** Lets the sources end first, so that what is open is written: for a job that will not go on. */
  drain: z.boolean().default(false),
});

/**
 * Runs a Flink job on a session cluster, or on Kubernetes by the Flink Kubernetes operator. A batch job is followed to its end. A streaming job is followed until it is
 * healthy and left running; `stop` ends it with a savepoint, also in an undo: a job that is gone already is no error.
 *
 * @throws ValidationError on a jar, a statement or an object that cannot work; PermissionDeniedError; HeadraceError work_failed, work_lost or unreachable
 * @example
 * let job: string | undefined;
 * flow.undo(async () => { if (job !== undefined) await flinkJob({ on: 'flink', stop: { job } }); });
 * ({ job } = await flinkJob({ on: 'flink', run: { jar: { files: 'jars', path: 'orders.jar' } }, streaming: { checkpoints: 3 } }));
 */
export const flinkJob = step('flink_job', {
  description: 'Runs a Flink job, or stops one with a savepoint.',
  input: z.union([
    z.strictObject({
      /** A `flink` connection. */
      on: name,
      run: z.union([JarJob, SqlJob]),
      /** For a job that never ends. Without it the job is followed to its end. */
      streaming: Streaming.optional(),
    }),
    z.strictObject({ on: name, stop: Stop }),
    z.strictObject({ on: Operated.extend({ as: z.literal('deployment') }), run: z.union([ApplicationJob, SessionCluster]), streaming: Steady.optional() }),
    z.strictObject({ on: Operated.extend({ as: z.literal('session_job') }), run: SessionJob, streaming: Steady.optional() }),
    z.strictObject({ on: Operated, stop: OperatedStop }),
  ]),
  output: z.object({
    engine: DoneOn,
    /** Flink's id of the job; by the operator, the name of its object. `stop` takes it, and so does `run.cluster`. */
    job: z.string(),
    /** GONE: there was nothing to stop. */
    state: z.enum(['FINISHED', 'RUNNING', 'STOPPED', 'GONE']),
    /** Where the savepoint is. */
    savepoint: z.string().optional(),
    /** What the job's accumulators `rows` and `bytes` say, where it has them. The operator does not tell them. */
    rows: z.number().int().optional(),
    bytes: z.number().int().optional(),
    /** Of a job of a session cluster that came to its end: how long it took. */
    cost: Cost.optional(),
  }),
  retry: 'extraction',
  timeout: '2 hours',
});

type Input = z.output<typeof flinkJob.input>;

export type FlinkOutput = z.output<typeof flinkJob.output>;
export type RunInput = Extract<Input, { on: string; run: unknown }>;
export type StopInput = Extract<Input, { on: string; stop: unknown }>;
export type OperatedInput = Exclude<Input, { on: string }>;
export type JarJob = z.output<typeof JarJob>;
export type SqlJob = z.output<typeof SqlJob>;
export type Streaming = z.output<typeof Streaming>;
