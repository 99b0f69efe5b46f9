import { shorten } from '../../sdk/authoring/shorten.js';
import type { Reply } from '../outside/rest-server.js';
import type { AirflowApi } from './airflow-api.js';

interface TaskInstance {
  task_id: string;
  try_number?: number;
  map_index?: number;
}

/** A line of a log as 3.x gives it. */
interface LogLine {
  event?: string;
  error_detail?: { exc_type?: string; exc_value?: string }[];
}

const tasksNamed = 20;
const logsShown = 3;
const linesShown = 10;
const longestLog = 2_000;

/** Which tasks of a run failed, and how the logs of the first of them end. */
export async function describeFailure(api: AirflowApi, run: string, signal: AbortSignal): Promise<string> {
  const query = { state: 'failed', limit: tasksNamed };
  const { json } = await api.ask({ path: `${run}/taskInstances`, query, expected: [403, 404], signal });
  const { task_instances: tasks = [], total_entries: all = tasks.length } = (json ?? {}) as { task_instances?: TaskInstance[]; total_entries?: number };
  if (tasks.length === 0) return 'No task of it failed: somebody marked it so, or its own time was over.';
  const logs = [];
  for (const task of tasks.slice(0, logsShown)) logs.push(`${nameOf(task)}:\n${await endOfLog(api, run, task, signal)}`);
  const more = all > tasks.length ? ` and ${all - tasks.length} more` : '';
  return `Tasks that failed: ${tasks.map(nameOf).join(', ')}${more}.\n${logs.join('\n')}`;
}

function nameOf({ task_id, map_index = -1 }: TaskInstance): string {
  return map_index < 0 ? task_id : `${task_id}[${map_index}]`;
}

/** A log that cannot be read takes nothing from what is known. */
async function endOfLog(api: AirflowApi, run: string, task: TaskInstance, signal: AbortSignal): Promise<string> {
  const { task_id, try_number = 1, map_index = -1 } = task;
  const path = `${run}/taskInstances/${encodeURIComponent(task_id)}/logs/${try_number}`;
  const headers = { accept: api.version === 'v2' ? 'application/json' : 'text/plain' };
  try {
    const reply = await api.ask({ path, query: { full_content: true, map_index }, headers, anyForm: true, signal });
    const end = linesOf(reply).slice(-linesShown).join('\n');
    return shorten(end.slice(-longestLog), longestLog);
  } catch (error) {
    signal.throwIfAborted();
    return `(its log cannot be read: ${(error as Error).message})`;
  }
}

function linesOf({ json, text }: Reply): string[] {
  const content = (json as { content?: LogLine[] } | undefined)?.content;
  const lines = Array.isArray(content) ? content.map(lineOf) : text.split('\n');
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('::'));
}

function lineOf({ event = '', error_detail: errors = [] }: LogLine): string {
  return [event, ...errors.map(({ exc_type, exc_value }) => `${exc_type}: ${exc_value}`)].join(' ');
}
