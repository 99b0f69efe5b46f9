import { setTimeout as wait } from 'node:timers/promises';
import { outboxLag, projectionLag } from '../../../worker/events/index.js';
import type { World } from './world.js';

const patience = 240_000;

/** How many executions Temporal knows that go on. */
async function countOpen({ temporal, taskQueue }: World): Promise<number> {
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
  const { count } = await temporal.ask(({ workflowService }) => workflowService.countWorkflowExecutions({ namespace: temporal.namespace, query }));
  return Number(count);
}

/** Waits until every run has ended. */
export async function untilAllEnded(world: World): Promise<void> {
  await settle('every run has ended', async () => {
    const open = await countOpen(world);
    return open === 0 ? undefined : `${open} go on`;
  });
}

/** Waits until the record has caught up: every ended run is recorded as ended, and every event is published. */
export async function untilRecorded(world: World, runs: number): Promise<void> {
  const { database } = world.registry;
  await settle('everything is recorded and published', async () => {
    const rows = await database.selectFrom('pipeline_execution').select(['workflow_id', 'end_date']).execute();
    const open = rows.filter(({ end_date }) => end_date === null);
    const [{ runs: behind }, { events }] = [await projectionLag(database), await outboxLag(database)];
    if (rows.length >= runs && open.length === 0 && behind === 0 && events === 0) return undefined;
    const some = open.slice(0, 3).map(({ workflow_id }) => workflow_id);
    return `${rows.length} of ${runs} runs are recorded, ${open.length} of them open (${some.join()}), ${behind} are behind, ${events} events wait`;
  });
}

/** @param look gives what is still missing, or nothing */
async function settle(what: string, look: () => Promise<string | undefined>): Promise<void> {
  let missing: string | undefined;
  for (const end = Date.now() + patience; Date.now() < end; await wait(500)) {
    missing = await look();
    if (missing === undefined) return;
  }
  throw new Error(`It was not so within ${patience / 1_000} s that ${what}: ${missing}`);
}
