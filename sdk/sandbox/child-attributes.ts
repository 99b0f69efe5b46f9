import { workflowInfo } from '@temporalio/workflow';
import { deadlineKey, runPartition, runPipelineId, runState, runTenant, startedByKey } from '../authoring/run-memo.js';

/** The search attributes of a run that this one starts (DESIGN §3.5). */
export function childAttributes(pipeline: string, partition?: string) {
  const tenant = workflowInfo().typedSearchAttributes.get(runTenant);
  return [
    { key: runState, value: 'RUNNING' },
    { key: runPipelineId, value: pipeline },
    ...(tenant === undefined ? [] : [{ key: runTenant, value: tenant }]),
    ...(partition === undefined ? [] : [{ key: runPartition, value: partition }]),
  ];
}

/** What a run that this one starts is told: the deadline, where it has one to keep, and who started it all. */
export function childMemo(deadline?: number): Record<string, unknown> | undefined {
  const startedBy = workflowInfo().memo?.[startedByKey];
  const memo = { ...(deadline === undefined ? {} : { [deadlineKey]: deadline }), ...(startedBy === undefined ? {} : { [startedByKey]: startedBy }) };
  return Object.keys(memo).length === 0 ? undefined : memo;
}
