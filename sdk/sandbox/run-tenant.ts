import { workflowInfo } from '@temporalio/workflow';
import { defaultTenant, runTenant } from '../authoring/run-memo.js';

/** Whose run this is. */
export function tenantOfRun(): string {
  return workflowInfo().typedSearchAttributes.get(runTenant) ?? defaultTenant;
}
