import { triggerAirflowDag } from '../../activities/airflow/steps.js';
import { TableRef, ValidationError } from '../../sdk/index.js';
import type { DagTransform } from './input.js';

/** Lets a DAG transform the extracted table, and says which table it wrote. @throws ValidationError when it names none */
export async function transformByDag({ gives, conf, ...call }: DagTransform, extracted: TableRef): Promise<TableRef> {
  const trigger = { ...call, conf: { ...conf, extracted } };
  if (!('task' in gives)) {
    await triggerAirflowDag(trigger);
    return gives;
  }
  const { result } = await triggerAirflowDag({ ...trigger, result: gives });
  const table = TableRef.safeParse(result);
  if (table.success) return table.data;
  throw new ValidationError(`The task '${gives.task}' of the DAG '${call.dag}' returned no table.`, { fix: 'Let it return { "connection": …, "table": … }.' });
}
