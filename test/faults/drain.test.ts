import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ground, openGround } from './ground.js';
import { busy } from './pipelines/busy.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

let here: Ground;

beforeEach(async () => void (here = await openGround()));
afterEach(() => here?.leave());

const steps = 5;
const startRuns = (count: number, milliseconds: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => here.client.start(busy, { name: `run-${index}`, steps, milliseconds })));
const done = () => here.journal().filter((line) => line.startsWith('done '));

test('two workers that are replaced one after another under load fail no run, and do no step twice', { timeout: 120_000 }, async () => {
  const [first, second] = [await startWorker(here), await startWorker(here)];
  const runs = await startRuns(30, 700);
  await until(
    () => done().length,
    (count) => count > 10,
  );
  const third = await startWorker(here);
  expect(await first.stop()).toBe(0);
  const fourth = await startWorker(here);
  expect(await second.stop()).toBe(0);
  expect(third.isOver || fourth.isOver).toBe(false);
  for (const { workflowId } of runs) expect(await here.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', retries: 0 });
  expect(new Set(done()).size).toBe(30 * steps);
  expect(done()).toHaveLength(30 * steps);
});

test('a step that is longer than the drain is handed over to another worker at once', { timeout: 120_000 }, async () => {
  const first = await startWorker(here, ['--drain', '1']);
  const [run] = await startRuns(1, 3_000);
  await until(
    () => here.status(run?.workflowId as string),
    ({ currentActivity }) => currentActivity === 'work',
  );
  await startWorker(here);
  expect(await first.stop()).toBe(0);
  const ended = await here.ended(run?.workflowId as string);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { done: steps } });
  expect(done()).toHaveLength(steps);
});
