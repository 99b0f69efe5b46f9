import type { Context } from '@temporalio/activity';
import { defaultTenant, runTenant } from '../authoring/run-memo.js';

/** Runs whose tenant this process remembers. */
const most = 1_000;
const tenants = new Map<string, Promise<string>>();

/** Whose run a step belongs to. Temporal is asked once per run and process, by the steps that need it: handed on to each, it would be in the history of each. */
export function tenantOfRun({ client, info }: Context): Promise<string> {
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  const known = tenants.get(runId);
  if (known !== undefined) return known;
  const asked = client.workflow
    .getHandle(workflowId, runId)
    .describe()
    .then(({ typedSearchAttributes }) => typedSearchAttributes.get(runTenant) ?? defaultTenant);
  remember(runId, asked);
  return asked;
}

function remember(runId: string, asked: Promise<string>): void {
  tenants.set(runId, asked);
  asked.catch(() => tenants.delete(runId));
  const [oldest] = tenants.keys();
  if (tenants.size > most && oldest !== undefined) tenants.delete(oldest);
}
