import { expect } from 'vitest';
import { until } from '../faults/until.js';
import type { Story } from '../stories/story.js';

/** The folder of the pipelines that carry a text wherever a run can carry one. */
export const secretive = new URL('pipelines', import.meta.url).pathname;
/** How their runs end. */
export const ends = ['well', 'in a step', 'in a fast step', 'in the body'] as const;

/** A story in which each run carries its secret. */
export interface Carrying {
  story: Story;
  secret: string;
  runs: string[];
}

/** Runs secretive to its end, answered through the API, with a stray signal on the way. */
export async function carry({ story, secret: text, runs }: Carrying, end: (typeof ends)[number]): Promise<void> {
  const { http, ground } = story;
  const { workflowId } = (await http.post('/v1/pipelines/secretive/execute', { text, end })).body as { workflowId: string };
  runs.push(workflowId);
  await until(
    () => ground.status(workflowId),
    ({ pendingSignals }) => pendingSignals.length > 0,
  );
  await ground.temporal.workflow.getHandle(workflowId).signal('gossip', { text, answer: text });
  const wrong = await http.post(`${http.run(workflowId)}/approvals/say_it`, { decision: 'approve', answer: { text: [text] }, comment: text });
  expect(wrong.status).toBe(422);
  const decided = await http.post(`${http.run(workflowId)}/approvals/say_it`, { decision: 'approve', answer: { text }, comment: `${text} is true` });
  expect(decided.status).toBe(200);
  // The undo that fails waits a minute before it tries again.
  await ground.ended(workflowId, 180_000);
}
