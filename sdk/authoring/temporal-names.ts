/** Where Temporal is unless said otherwise (SPEC §6). */
export const defaultAddress = '127.0.0.1:7233';
/** Temporal's namespace unless said otherwise. */
export const defaultNamespace = 'matih-pipelines';
/** Where workers ask for work unless said otherwise. */
export const defaultTaskQueue = 'pipeline-workers';

/** The name of the failure with which an attempt ends when its worker stops: the worker gives it, and the sandbox schedules such a step anew. */
export const workerStopped = 'WorkerStopped';
