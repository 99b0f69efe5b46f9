import type { Interventions } from './inject-faults.js';
import type { StartedRuns } from './run-load.js';
import type { World } from './world.js';

const undone = ['asks', 'breaks', 'rolls_back', 'late'];

/** Where a run did not end as it was planned to. A kill or an outage is no reason for that, only who terminated or cancelled it. */
export async function unexpectedEnds({ registry }: World, started: StartedRuns, { terminated, cancelled }: Interventions): Promise<string[]> {
  const rows = await registry.database.selectFrom('pipeline_execution').select(['workflow_id', 'status', 'undo']).execute();
  const recorded = new Map(rows.map((row) => [row.workflow_id, row]));
  return [...started].flatMap(([workflowId, { pipeline, ends }]) => {
    const row = recorded.get(workflowId);
    const allowed = [ends, ...(terminated.has(workflowId) ? ['TERMINATED'] : []), ...(cancelled.has(workflowId) ? ['CANCELLED'] : [])];
    if (row === undefined) return [`${workflowId} is not recorded`];
    if (!allowed.includes(row.status)) return [`${workflowId} ended ${row.status}, not ${allowed.join(' or ')}`];
    const mustBeUndone = undone.includes(pipeline) && row.status === ends && ends !== 'SUCCEEDED';
    return mustBeUndone && row.undo !== 'DONE' ? [`${workflowId} ended ${row.status}, and its undo is ${row.undo}`] : [];
  });
}
