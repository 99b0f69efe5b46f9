import type { OperatedRun } from './operated-schema.js';

const ttl = 'kubernetes.operator.jm-deployment.shutdown-ttl';

/**
 * Of an application whose job ends. Seen with operator 1.7.0: a day after the end it takes the JobManager away, misses it, and would run the job again; and its status
 * no longer says that the job has finished.
 */
const once = { 'kubernetes.operator.jm-deployment-recovery.enabled': 'false' };

/** Of the same. Without it a main method that fails ends its JobManager, which begins again and again, and the operator's status does not tell why. */
const told = { 'execution.submit-failed-job-on-application-error': 'true' };

/** Changes an application whose end was seen: its JobManager may go. */
export function specOfEnded(run: OperatedRun): object {
  return 'image' in run ? { flinkConfiguration: { [ttl]: '1 s', ...run.settings, ...once } } : {};
}

/** The spec of the object that a job or a session cluster is. @param ends whether its job does */
export function specOf(run: OperatedRun, ends: boolean): object {
  const { settings } = run;
  if ('cluster' in run) return { deploymentName: run.cluster, flinkConfiguration: settings, job: jobOf(run) };
  const { image, flinkVersion, serviceAccount, jobManager, taskManager } = run;
  const cluster = { image, flinkVersion, serviceAccount, jobManager: { resource: jobManager }, taskManager: { resource: taskManager } };
  return 'session' in run
    ? { ...cluster, flinkConfiguration: settings }
    : { ...cluster, flinkConfiguration: { ...(ends ? { ...once, ...told } : {}), ...settings }, job: jobOf(run) };
}

function jobOf({ jar, entryClass, args, parallelism, savepoint }: Exclude<OperatedRun, { session: true }>) {
  return {
    jarURI: jar,
    ...(entryClass === undefined ? {} : { entryClass }),
    args,
    parallelism,
    ...(savepoint === undefined ? {} : { initialSavepointPath: savepoint }),
    state: 'running',
    upgradeMode: 'stateless', // the step's own retries decide what a job begins with
  };
}
