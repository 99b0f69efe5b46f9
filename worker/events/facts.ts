import { defaultTenant, runPartition, runTenant, startedByKey, versionKey } from '../../sdk/authoring/run-memo.js';
import { decode, decodeFirst, type HistoryEvent, milliseconds } from '../../sdk/node/status/history-event.js';

/** What an execution's first event says of it. */
export interface RunFacts {
  pipeline: string;
  tenant: string;
  trigger: 'parent' | 'schedule' | 'client' | 'temporal';
  taskQueue: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  input: unknown;
  version?: string;
  partition?: string;
  /** Who started it, or the run that started it. */
  startedBy?: string;
  parent?: { workflowId: string; executionId: string };
}

/** Reads the first event of an execution. */
export function factsOf(event: HistoryEvent): RunFacts {
  const began = event.workflowExecutionStartedEventAttributes;
  const attribute = (name: string) => textOf(decode(began?.searchAttributes?.indexedFields?.[name]));
  const memo = (name: string) => decode(began?.memo?.fields?.[name]);
  const { workflowId, runId } = began?.parentWorkflowExecution ?? {};
  const parent = workflowId && runId ? { workflowId, executionId: runId } : undefined;
  const scheduled = attribute('TemporalScheduledById') !== undefined;
  return {
    pipeline: began?.workflowType?.name ?? '',
    tenant: attribute(runTenant.name) ?? defaultTenant,
    trigger: parent !== undefined ? 'parent' : scheduled ? 'schedule' : memo('headraceBody') === undefined ? 'temporal' : 'client',
    taskQueue: began?.taskQueue?.name ?? '',
    startedAt: milliseconds(event.eventTime),
    input: decodeFirst(began?.input),
    version: textOf(memo(versionKey)),
    partition: attribute(runPartition.name),
    startedBy: textOf(memo(startedByKey)),
    parent,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
