import { ValidationError } from '../../sdk/index.js';
import { parseExact } from '../outside/parse-exact.js';
import type { AirflowApi } from './airflow-api.js';

const longest = 64 * 1_024;

/** What a task of a run left as an XCom, in which an integer that a number cannot hold is a string. @throws ValidationError when there is none, or when it is too large to travel */
export async function readResult(api: AirflowApi, run: string, { task, key }: { task: string; key: string }, signal: AbortSignal): Promise<unknown> {
  const path = `${run}/taskInstances/${encodeURIComponent(task)}/xcomEntries/${encodeURIComponent(key)}`;
  const { status, text } = await api.ask({ path, query: { stringify: false }, expected: [404], maxBytes: longest, signal }).catch((error: unknown) => {
    if (error instanceof ValidationError) throw unusable(task, key, error.message);
    throw error;
  });
  if (status === 404) throw unusable(task, key, 'it is not there: no such task, or it left none');
  return (parseExact(text) as { value?: unknown }).value ?? null;
}

function unusable(task: string, key: string, why: string): ValidationError {
  return new ValidationError(`The result '${key}' of the task '${task}' cannot be taken: ${why}.`, {
    fix: 'Name a task that returns a small JSON value: the name of a table or a file, and counts.',
  });
}
