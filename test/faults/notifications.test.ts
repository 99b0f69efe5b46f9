import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../worker/dev/port.js';
import { dataPipeline } from '../../workflows/data_pipeline.js';
import { vega } from '../stories/story.js';
import { type Ground, openGround } from './ground.js';
import { freshTable } from './loading.js';
import { countRows } from './rows.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

let here: Ground;

beforeAll(async () => {
  const port = await freePort(); // nobody listens there
  here = await openGround({
    connections: {
      vega: { kind: 'files', folder: vega },
      chat: { kind: 'slack', webhook: `http://127.0.0.1:${port}/services/x`, privateAddresses: true },
      mail: { kind: 'smtp', host: '127.0.0.1', port, from: 'headrace@example.com', to: ['ops@example.com'] },
    },
  });
  await startWorker(here);
});
afterAll(() => here?.leave());

const airports = { from: { files: 'vega', path: 'airports.csv' }, into: 'lake' };
const notify = ['chat', 'mail'];

describe.concurrent('where nobody can be told,', { timeout: 240_000 }, () => {
  test('a run of poor quality asks all the same, and is as it was decided', async () => {
    const into = freshTable('lake');
    const checks = [{ check: 'row_count' as const, min: 1_000_000 }];
    const { workflowId } = await here.client.start(dataPipeline, { source: airports, checks, target: { mode: 'append', into }, notify });
    const { activities, logs } = await until(
      () => here.status(workflowId),
      ({ pendingSignals, endedAt }) => pendingSignals.length > 0 || endedAt !== undefined,
      { limit: 120_000 },
    );
    const error = { message: expect.stringMatching(/chat: .*; mail: .*|mail: .*; chat: .*/) };
    expect(activities.at(-1)).toMatchObject({ name: 'notify_quality_issue', status: 'FAILED', attempt: 5, error });
    expect(logs).toContainEqual(expect.objectContaining({ message: expect.stringContaining('The run goes on without it: notify_quality_issue#1 failed') }));
    await here.client.run(workflowId).approve('accept_quality');
    const ended = await here.ended(workflowId, 120_000);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', progress: 1, undo: 'NONE', output: { status: 'COMPLETED', decision: { approved: true } } });
    expect(ended.error).toBeUndefined();
    expect(ended.activities.at(-1)).toMatchObject({ name: 'notify_pipeline_completion', status: 'FAILED', notification: true, error });
    expect(await countRows(here, into)).toBeGreaterThan(3_000);
  });

  test('a run that failed has failed for its own reason', async () => {
    const into = freshTable('lake');
    const transform = { statement: 'SELECT iatta FROM extracted' };
    const { workflowId } = await here.client.start(dataPipeline, { source: airports, transform, target: { mode: 'append', into }, notify });
    const ended = await here.ended(workflowId, 150_000);
    expect(ended).toMatchObject({ status: 'FAILED', error: { code: 'unknown_column' } });
    expect(ended.activities.at(-1)).toMatchObject({ name: 'notify_failure', status: 'FAILED', notification: true });
    expect(await countRows(here, into)).toBe(0);
  });
});
