import { shorten } from '../../sdk/authoring/shorten.js';
import { ValidationError } from '../../sdk/index.js';
import type { AirflowApi } from './airflow-api.js';

interface Dag {
  is_paused?: boolean;
  has_import_errors?: boolean;
  /** 3.x: its file is gone. */
  is_stale?: boolean;
  /** 2.x: false when its file is gone. */
  is_active?: boolean;
}

interface ImportErrors {
  import_errors?: { filename?: string; stack_trace?: string }[];
}

const fewErrors = 5;

/** Looks whether a DAG can run. @throws ValidationError when it is unknown, broken, or paused where that is refused */
export async function requireDag(api: AirflowApi, id: string, whenPaused: 'refuse' | 'wait', signal: AbortSignal): Promise<void> {
  const { status, json } = await api.ask({ path: `dags/${encodeURIComponent(id)}`, expected: [404], signal });
  const dag = (json ?? {}) as Dag;
  if (status === 404 || dag.is_stale || dag.is_active === false) throw await unknown(api, id, signal);
  if (dag.has_import_errors) throw await broken(api, id, signal);
  if (dag.is_paused && whenPaused === 'refuse') throw paused(api, id);
}

/** Whether a DAG's tasks wait for somebody to unpause it. */
export async function isPaused(api: AirflowApi, id: string, signal: AbortSignal): Promise<boolean> {
  const { json } = await api.ask({ path: `dags/${encodeURIComponent(id)}`, expected: [404], signal });
  return (json as Dag | undefined)?.is_paused === true;
}

async function unknown(api: AirflowApi, id: string, signal: AbortSignal): Promise<ValidationError> {
  const errors = await importErrors(api, signal);
  const hint = errors.length === 0 ? '' : ` Files that Airflow cannot import:\n${errors.join('\n')}`;
  return new ValidationError(`Airflow on '${api.connection}' has no DAG '${id}'.${hint}`, {
    where: api.connection,
    fix: 'Check the id and the DAG’s file. A new file is seen after some seconds.',
  });
}

async function broken(api: AirflowApi, id: string, signal: AbortSignal): Promise<ValidationError> {
  const errors = await importErrors(api, signal);
  return new ValidationError(`Airflow on '${api.connection}' cannot import the DAG '${id}':\n${errors.join('\n')}`, {
    where: api.connection,
    fix: 'Mend its file.',
  });
}

function paused(api: AirflowApi, id: string): ValidationError {
  return new ValidationError(`The DAG '${id}' is paused on '${api.connection}': its tasks would not run.`, {
    where: api.connection,
    fix: "Unpause it in Airflow, or say whenPaused: 'wait'.",
  });
}

/** The newest errors, each as its file and its last line. Who may not read them is told of none. */
async function importErrors(api: AirflowApi, signal: AbortSignal): Promise<string[]> {
  const { json } = await api.ask({ path: 'importErrors', query: { limit: fewErrors, order_by: '-import_error_id' }, expected: [400, 403, 404], signal });
  const errors = (json as ImportErrors | undefined)?.import_errors ?? [];
  return errors.map(({ filename, stack_trace }) => `${filename}: ${shorten(stack_trace?.trim().split('\n').at(-1) ?? '', 300)}`);
}
