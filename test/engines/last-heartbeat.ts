import type { Ground } from '../faults/ground.js';

/** What the last heartbeat of a run's step said that has reached Temporal, as JSON; empty where none has. */
export async function lastHeartbeat({ temporal }: Ground, workflowId: string): Promise<string> {
  const { raw } = await temporal.workflow.getHandle(workflowId).describe();
  const [payload] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
  return Buffer.from(payload?.data ?? []).toString();
}
