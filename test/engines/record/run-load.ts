import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, ask } from './requests.js';
import type { PlannedRun } from './run-plan.js';
import type { World } from './world.js';

/** The runs that were started, by workflow id. */
export type StartedRuns = Map<string, PlannedRun>;

/** Starts each run at its time; the returned map fills meanwhile. */
export function startRuns({ fleet, taskQueue }: World, plan: readonly PlannedRun[]): { started: StartedRuns; allStarted: Promise<void> } {
  const started: StartedRuns = new Map();
  const begun = Date.now();
  const start = async (planned: PlannedRun) => {
    await wait(Math.max(0, begun + planned.at - Date.now()));
    const { status, body } = await ask(fleet.urls, `/v1/pipelines/${planned.pipeline}/execute`, {
      body: planned.input,
      // The plans of all seeds use the same names, on the same servers.
      headers: { 'idempotency-key': `${taskQueue}-${planned.key}` },
    });
    if (status !== 201) throw new Error(`${planned.key} was not started: ${status} ${JSON.stringify(body)}`);
    started.set((body as { workflowId: string }).workflowId, planned);
  };
  return { started, allStarted: Promise.all(plan.map(start)).then(() => undefined) };
}

interface WaitingRun {
  workflowId: string;
  id: string;
}

/** Answers what runs ask, as the plan says, until it is stopped. */
export function decideAll({ fleet }: World, started: StartedRuns): { stop(): Promise<void> } {
  let stopped = false;
  const decided = new Set<string>();
  const look = async () => {
    const { body } = await ask(fleet.urls, '/v1/approvals?limit=200');
    const { approvals = [] } = body as { approvals?: WaitingRun[] };
    await Promise.all(approvals.map(({ workflowId, id }) => decide(workflowId, id, started.get(workflowId)?.decision)));
  };
  const decide = async (workflowId: string, wait: string, decision: PlannedRun['decision']) => {
    if (decision === undefined || decided.has(workflowId)) return;
    decided.add(workflowId);
    const path = `/v1/pipelines/workflows/${workflowId}/approvals/${encodeURIComponent(wait)}`;
    requireDecided(await ask(fleet.urls, path, { body: { decision, decisionId: `decides-${workflowId}`, by: 'harness' } }));
  };
  const loop = (async () => {
    while (!stopped) {
      await look();
      await wait(500);
    }
  })();
  const stop = async () => {
    stopped = true;
    await loop;
  };
  return { stop };
}

/** 409: the run was ended from outside meanwhile. */
function requireDecided({ status, body }: Answer): void {
  if (status !== 200 && status !== 409) throw new Error(`A decision was refused: ${status} ${JSON.stringify(body)}`);
}
