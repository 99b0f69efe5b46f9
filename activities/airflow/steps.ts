import * as z from 'zod';
import { Cost, step } from '../../sdk/index.js';
import { DoneOn } from '../engines/done-on.js';

/** An id of a DAG or a task, in Airflow's letters. */
const Key = z
  .string()
  .max(250)
  .regex(/^(?!\.{1,2}$)[\p{L}\p{N}_.-]+$/u, 'an id of letters, digits, _, - and .');

/** A DAG of an `airflow` connection, and what it is given. */
export const DagCall = z.strictObject({
  on: z.string().min(1),
  dag: Key,
  /** What the DAG run gets, and its params with it. No secrets: it stands in the histories of both. */
  conf: z.record(z.string(), z.unknown()).default({}),
  /** The moment that the run is for, where the DAG wants one. */
  logicalDate: z.iso.datetime({ offset: true }).optional(),
  /** A paused DAG runs no task: it is refused at once, or waited for until the step's time is over. */
  whenPaused: z.enum(['refuse', 'wait']).default('refuse'),
});

/** The XCom of a task: what its function returned, unless another key is named. At most 64 KiB of JSON. */
export const TaskResult = z.strictObject({ task: Key, key: Key.default('return_value') });

/**
 * Triggers a DAG run, once for all attempts, and waits for its end. What cancels the step marks the run as failed, which ends its tasks.
 * A run that failed is begun anew by the next attempt, beside what Airflow itself tries again.
 *
 * @throws ValidationError on an unknown, broken or paused DAG, on conf that it does not take and on a result that is not there; PermissionDeniedError;
 * HeadraceError work_failed with the tasks that failed and the last lines of their logs
 * @example
 * const { result } = await triggerAirflowDag({ on: 'airflow', dag: 'price_orders', conf: { day }, result: { task: 'publish' } });
 */
export const triggerAirflowDag = step('trigger_airflow_dag', {
  description: 'Triggers an Airflow DAG run and waits for its end.',
  input: DagCall.extend({ result: TaskResult.optional() }),
  output: z.object({
    engine: DoneOn,
    /** The XCom that was asked for; null where none was. An integer that a number cannot hold (2^53 and beyond) is a string of its digits. */
    result: z.unknown(),
    /** How long the run took. */
    cost: Cost.optional(),
  }),
  retry: 'airflow',
  timeout: '2 hours',
});

export type DagTrigger = z.output<typeof triggerAirflowDag.input>;
