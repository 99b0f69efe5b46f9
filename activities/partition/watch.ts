import { Context } from '@temporalio/activity';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { runState } from '../../sdk/authoring/run-memo.js';
import { rowsIn } from './result-rows.js';
import type { SeenRun } from './steps.js';

const atOnce = 10;
const longestReason = 300;

/** Looks at runs, a few at once. */
export async function watch(workflowIds: readonly string[], client: Client = Context.current().client): Promise<SeenRun[]> {
  const seen: SeenRun[] = [];
  for (let from = 0; from < workflowIds.length; from += atOnce) {
    seen.push(...(await Promise.all(workflowIds.slice(from, from + atOnce).map((workflowId) => look(client, workflowId)))));
  }
  return seen;
}

async function look(client: Client, workflowId: string): Promise<SeenRun> {
  const handle = client.workflow.getHandle(workflowId);
  let description: WorkflowExecutionDescription;
  try {
    description = await handle.describe();
  } catch (error) {
    if ((error as Error).name === 'WorkflowNotFoundError') return { workflowId, state: 'TERMINATED', reason: 'Temporal knows no such run (any more).' };
    throw error;
  }
  const state = stateOf(description);
  if (state === 'RUNNING' || state === 'WAITING_FOR_APPROVAL') return { workflowId, state };
  const { rows, reason } = await handle
    .result()
    .then(told, (error: Error) => ({ rows: 0, reason: (error.cause as Error | undefined)?.message ?? error.message }));
  return { workflowId, state, rows, reason: reason?.slice(0, longestReason) };
}

function told(result: unknown): { rows: number; reason: string | undefined } {
  const { reason } = (result ?? {}) as { reason?: unknown };
  return { rows: rowsIn(result), reason: typeof reason === 'string' ? reason : undefined };
}

const byStatus: Record<string, SeenRun['state']> = {
  RUNNING: 'RUNNING',
  CONTINUED_AS_NEW: 'RUNNING',
  COMPLETED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  TERMINATED: 'TERMINATED',
  TIMED_OUT: 'TIMED_OUT',
};

const ownStates = new Set(['WAITING_FOR_APPROVAL', 'CANCELLED', 'ROLLED_BACK', 'TIMED_OUT', 'FAILED']);

/** A run's own word goes before Temporal's status, but for a run that was terminated, which could say nothing. */
function stateOf({ status, typedSearchAttributes }: WorkflowExecutionDescription): SeenRun['state'] {
  const own = typedSearchAttributes.get(runState);
  const temporals = byStatus[status.name] ?? 'RUNNING';
  const running = temporals === 'RUNNING';
  if (temporals === 'TERMINATED' || own === undefined || !ownStates.has(own)) return temporals;
  return running === (own === 'WAITING_FOR_APPROVAL') ? (own as SeenRun['state']) : temporals;
}
