import * as z from 'zod';
import { Cost, step } from '../../sdk/index.js';
import { DoneOn } from '../engines/done-on.js';
import { Placement } from '../kubernetes/placement.js';

const size = z.string().regex(/^[1-9]\d*[kmgt]$/, "a size of Spark, such as '512m' or '4g'");
const Resources = z.strictObject({ cores: z.number().int().min(1).default(1), memory: size.default('1g') });

/** Where a job runs. */
const On = z.discriminatedUnion('as', [
  z.strictObject({
    /** A driver of a standalone cluster, by its master's REST API. */
    as: z.literal('standalone'),
    /** A `spark` connection. */
    connection: z.string().min(1),
  }),
  /** A Job of Kubernetes that runs spark-submit. Its image has it on its PATH. */
  Placement.extend({
    as: z.literal('job'),
    /** Where its executors are: in the Job itself, unless another master is named, such as `spark://…` or `k8s://…`. */
    master: z.string().min(1).default('local[*]'),
  }),
  z.strictObject({
    /** A SparkApplication, which a Spark operator in the cluster carries out. */
    as: z.literal('application'),
    /** A `kubernetes` connection. */
    connection: z.string().min(1),
    image: z.string().min(1),
    sparkVersion: z.string().default('4.0.5'),
    serviceAccount: z.string().min(1).optional(),
    /** Seconds in which the operator must have taken it up. */
    startWithinSeconds: z.number().int().min(1).default(600),
  }),
]);

/**
 * Runs a Spark job, a jar or a Python file, and follows it to its end. Its driver finds the call's idempotency key as $HEADRACE_KEY; what writes does so under it, or
 * replaces. It may write its result as JSON into the file that $HEADRACE_RESULT names: `rows` and `bytes` of it are recorded.
 *
 * @throws ValidationError for a job that Spark finds wrong (no such class, file, table or column) or that prints a line `headrace: refused …`, PermissionDeniedError, SchemaConflictError where
 * rows do not fit a table, HeadraceError work_failed for any other failure, which is tried again
 * @example
 * await sparkJob({ on: { as: 'standalone', connection: 'spark' }, application: 'file:///jobs/daily.py', args: [day] });
 */
export const sparkJob = step('spark_job', {
  description: 'Runs a Spark job on a standalone cluster or on Kubernetes.',
  input: z.strictObject({
    on: On,
    /** A .py file or a jar, where the driver's machine finds it: `file:///jobs/daily.py`, `local:///opt/jobs.jar`. */
    application: z.string().min(1),
    /** Of a jar. */
    mainClass: z.string().min(1).optional(),
    args: z.array(z.string()).default([]),
    /** Settings of Spark. No secrets: they stand in the run's history. */
    conf: z.record(z.string().regex(/^spark\./, 'a setting that begins with spark.'), z.string()).default({}),
    driver: Resources.prefault({}),
    /** Each of them. */
    executor: Resources.extend({ instances: z.number().int().min(1).default(1) }).prefault({}),
    /** A folder that driver and worker both see (a `files` connection), for the job's result. On Kubernetes as a Job, 4 KB come without. */
    result: z.strictObject({ connection: z.string().min(1) }).optional(),
  }),
  output: z.object({
    /** What the job wrote, or null. An integer that a number cannot hold (2^53 and beyond) is a string of its digits. */
    result: z.unknown(),
    rows: z.number().int().optional(),
    bytes: z.number().int().optional(),
    engine: DoneOn,
    /** For how long it held how many cores, as the master or the cluster tells. Where an operator runs it nothing is told. */
    cost: Cost.optional(),
  }),
  retry: 'extraction',
  timeout: '2 hours',
});
