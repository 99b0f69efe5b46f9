import * as z from 'zod';

const name = z.string().min(1);
const resource = z.strictObject({
  /** Cores. */
  cpu: z.number().positive().default(1),
  memory: z
    .string()
    .regex(/^[1-9]\d*(m|g|Mi|Gi)$/, "a size of memory, such as '2048m' or '4g'")
    .default('2048m'),
});

/** A place where the Flink Kubernetes operator carries jobs out. */
export const Operated = z.strictObject({
  /** A FlinkDeployment: a cluster of a job's own, or a session cluster. Or a FlinkSessionJob: a job of such a session cluster. */
  as: z.enum(['deployment', 'session_job']),
  /** A `kubernetes` connection, in whose namespace the object is. */
  connection: name,
  /** Where people see the cluster, with {{namespace}} and {{name}}: `https://flink.example.com/{{namespace}}/{{name}}/`. */
  page: z.url().optional(),
});

/** A jar's main class, as the operator begins it. */
const job = {
  /** Where the cluster finds it, `local:///opt/flink/usrlib/orders.jar`; for a session cluster where the operator does, `https://…/orders.jar`. */
  jar: z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/.+/, 'an address such as local:///opt/flink/usrlib/orders.jar'),
  /** The jar's manifest says it unless given. */
  entryClass: name.optional(),
  args: z.array(z.string()).default([]),
  parallelism: z.number().int().min(1).default(1),
  /** Of an earlier job, from which this one goes on. */
  savepoint: name.optional(),
};

const common = {
  /** Configuration of Flink and of the operator, such as `{ 'execution.checkpointing.interval': '10 s' }`. No secrets: they stand in the run's history. */
  settings: z.record(z.string(), z.string()).default({}),
  /** Seconds in which it must have started. What cannot start at all is told at once. */
  startWithinSeconds: z.number().int().min(1).default(600),
};

const cluster = {
  image: name,
  /** As the operator writes it: `v1_20`. */
  flinkVersion: z.string().regex(/^v\d+_\d+$/, 'a version such as v1_20'),
  /** It may make pods, Deployments and ConfigMaps: the operator's chart makes one of this name. */
  serviceAccount: name.default('flink'),
  jobManager: resource.prefault({}),
  /** Each of them. */
  taskManager: resource.prefault({}),
};

/** A job on a cluster of its own (application mode), which goes when the job has ended. */
export const ApplicationJob = z.strictObject({ ...job, ...cluster, ...common });
/** A cluster without a job, for jobs `as: 'session_job'`. */
export const SessionCluster = z.strictObject({ session: z.literal(true), ...cluster, ...common });
/** A job of a session cluster, which is named by its FlinkDeployment. */
export const SessionJob = z.strictObject({ ...job, cluster: name, ...common });

/** What makes a job that never ends a healthy one, as far as the operator's status tells. */
export const Steady = z.strictObject({
  /** Seconds for which it is seen running. The operator looks every minute unless it is told otherwise. */
  steadyFor: z.number().int().min(0).max(3_600).default(30),
});

/** A running job that is to end with a savepoint, or a session cluster that is to go. */
export const OperatedStop = z.strictObject({ job: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 'the name of a FlinkDeployment or FlinkSessionJob') });

export type Operated = z.output<typeof Operated>;
export type OperatedRun = z.output<typeof ApplicationJob> | z.output<typeof SessionCluster> | z.output<typeof SessionJob>;
