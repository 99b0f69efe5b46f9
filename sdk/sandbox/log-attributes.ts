import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { tenantOfRun } from './run-tenant.js';

/** Every line of the log about a run, Temporal's too, says its tenant. Nothing of it is in the history. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [{ getLogAttributes: (attributes, next) => next({ ...attributes, tenant: tenantOfRun() }) }],
});
