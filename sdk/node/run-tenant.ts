import type { Context } from '@temporalio/activity';
import { defaultTenant, runTenant } from '../authoring/run-memo.js';

/** A run whose tenant was asked for. */
interface Asked {
  answer: Promise<string>;
  tenant?: string;
}

/** Runs whose tenant this process remembers. */
const most = 1_000;
const runs = new Map<string, Asked>();

/** Whose run a step belongs to. Temporal is asked once per run and process, by the steps that need it: handed on to each, it would be in the history of each. */
export function tenantOfRun({ client, info }: Context): Promise<string> {
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  const known = runs.get(runId);
  if (known !== undefined) return known.answer;
  const answer = client.workflow
    .getHandle(workflowId, runId)
    .describe()
    .then(({ typedSearchAttributes }) => typedSearchAttributes.get(runTenant) ?? defaultTenant);
  remember(runId, { answer });
  return answer;
}

/** Whose run it is, where a step of it has asked already. */
export function knownTenant(runId: string): string | undefined {
  return runs.get(runId)?.tenant;
}

function remember(runId: string, asked: Asked): void {
  runs.set(runId, asked);
  asked.answer.then(
    (tenant) => (asked.tenant = tenant),
    () => runs.delete(runId),
  );
  const [oldest] = runs.keys();
  if (runs.size > most && oldest !== undefined) runs.delete(oldest);
}
