import { expect, onTestFinished, test } from 'vitest';
import { changedFolder } from '../replay/changed-folder.js';
import { openGround } from './ground.js';
import { chain } from './pipelines/chain.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

test('a run whose code was changed under it keeps its state, says cause and fix, and goes on with the old code', { timeout: 300_000 }, async () => {
  const here = await openGround();
  onTestFinished(() => here.leave());
  const first = await startWorker(here, ['--drain', '1']);
  const { workflowId } = await here.client.start(chain, { name: 'run', tables: [], holdAt: 0 });
  await here.held('run');
  await first.stop();

  const pipelines = changedFolder(here.pipelines, 'chain.ts', 'if (holdAt === tables.length) await hold({ name });', 'await note({ line: name });');
  const changed = await startWorker({ ...here, pipelines });
  here.go('run');
  const stuck = await until(
    () => here.status(workflowId),
    ({ problem }) => problem !== undefined,
  );
  expect(stuck).toMatchObject({
    status: 'RUNNING',
    problem: expect.stringMatching(
      /^The run cannot go on: .*[Nn]ondeterminism.*hold.*; the pipeline's code was changed under it: host the code that it began with/s,
    ),
    activities: [
      { callId: 'sql#1', status: 'COMPLETED' },
      { callId: 'hold#1', status: 'COMPLETED' },
    ],
  });
  expect(stuck.progress).toBeLessThan(1);

  await changed.kill();
  await startWorker(here);
  const ended = await here.ended(workflowId);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { loaded: 0 } });
  expect(ended.problem).toBeUndefined();
});
