import { defaultTenant, runState, runTenant } from '../../authoring/run-memo.js';
import type { RunStateName } from '../status/run-status.js';

/** Which runs. */
export interface RunFilter {
  /** A pipeline's id. */
  pipeline?: string;
  /** RETRYING is no part of Temporal's visibility: a run's status tells it. */
  status?: Exclude<RunStateName, 'RETRYING'>;
  /** Of this tenant only. */
  tenant?: string;
  /** Of these pipelines only. */
  pipelines?: readonly string[];
}

const state = runState.name;
const is = (value: string) => `${state} = '${value}'`;
/** A run that a raw Temporal client started has no state before it waits or ends. */
const plain = `(${state} IS NULL OR ${is('RUNNING')})`;

/** SPEC §6's states as Temporal's visibility knows them: its own word, and the search attribute (DESIGN §3.5). */
const queries: Record<NonNullable<RunFilter['status']>, string> = {
  RUNNING: `ExecutionStatus = 'Running' AND (${state} IS NULL OR ${state} != 'WAITING_FOR_APPROVAL')`,
  WAITING_FOR_APPROVAL: `ExecutionStatus = 'Running' AND ${is('WAITING_FOR_APPROVAL')}`,
  SUCCEEDED: `ExecutionStatus = 'Completed' AND ${plain}`,
  FAILED: `ExecutionStatus = 'Failed' AND (${state} IS NULL OR (${state} != 'TIMED_OUT' AND ${state} != 'CANCELLED'))`,
  // Cancelled by a raw signal or with its child, a run has failed in Temporal's words.
  CANCELLED: `(ExecutionStatus = 'Canceled' OR ((ExecutionStatus = 'Completed' OR ExecutionStatus = 'Failed') AND ${is('CANCELLED')}))`,
  ROLLED_BACK: `ExecutionStatus = 'Completed' AND ${is('ROLLED_BACK')}`,
  TIMED_OUT: `(ExecutionStatus = 'TimedOut' OR (ExecutionStatus = 'Failed' AND ${is('TIMED_OUT')}))`,
  TERMINATED: `ExecutionStatus = 'Terminated'`,
};

export const knownStates: readonly string[] = Object.keys(queries);

/** A filter as a query of Temporal's visibility. */
export function runQuery({ pipeline, status, tenant, pipelines }: RunFilter): string {
  const parts = ["ExecutionStatus != 'ContinuedAsNew'"];
  if (pipeline !== undefined) parts.push(`WorkflowType = ${quote(pipeline)}`);
  if (pipelines !== undefined) parts.push(`WorkflowType IN (${['', ...pipelines].map(quote).join(', ')})`);
  if (tenant !== undefined) parts.push(tenant === defaultTenant ? `(${runTenant.name} IS NULL OR ${ofTenant(tenant)})` : ofTenant(tenant));
  if (status !== undefined) parts.push(queries[status]);
  return parts.join(' AND ');
}

const ofTenant = (tenant: string) => `${runTenant.name} = ${quote(tenant)}`;

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
