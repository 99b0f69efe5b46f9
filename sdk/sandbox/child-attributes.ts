import { workflowInfo } from '@temporalio/workflow';
import { runPartition, runPipelineId, runState, runTenant } from '../authoring/run-memo.js';

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
