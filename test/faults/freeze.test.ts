import { describe, type TestContext, test } from 'vitest';
import { type Ground, openGround } from './ground.js';
import { attemptsOf, freshTable, targets } from './loading.js';
import { block, isStaged, whileItWrites } from './moments.js';
import { keepRows } from './pipelines/keep-rows.js';
import { countDay } from './rows.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

const day = '2001-07-01';
const many = 1_000_000;
const onceEach = { rows: many, different: many };

async function ground({ onTestFinished }: TestContext): Promise<Ground> {
  const opened = await openGround();
  onTestFinished(() => opened.leave());
  return opened;
}

describe.concurrent.each(targets)('a worker that stands still past its time-out and wakes up, with %s:', { timeout: 150_000 }, (connection) => {
  test('in the middle of a load, adds nothing to what another one has loaded meanwhile', async (context) => {
    const { expect } = context;
    const here = await ground(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    const run = await here.client.start(keepRows, { day, into, rows: many });
    await whileItWrites(here, run, into);
    first.freeze();
    await startWorker(here);
    expect(await here.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await countDay(here, into, day)).toEqual(onceEach);
    first.thaw();
    // The late attempt clears away what it staged, and that is all it does.
    await until(
      () => isStaged(here, run, into),
      (staged) => !staged,
    );
    expect(await countDay(here, into, day)).toEqual(onceEach);
    expect(await first.stop()).toBe(0);
    expect(await countDay(here, into, day)).toEqual(onceEach);
  });

  test('before it publishes, publishes or leaves it to the other one, never both', async (context) => {
    const { expect } = context;
    const here = await ground(context);
    const into = freshTable(connection);
    const first = await startWorker(here);
    const run = await here.client.start(keepRows, { day, into, rows: many });
    await whileItWrites(here, run, into);
    const letGo = await block(here, into);
    first.freeze();
    await startWorker(here);
    await until(
      () => here.status(run.workflowId),
      (status) => attemptsOf(status, 'load_data')[0] === 2,
    );
    await letGo();
    first.thaw();
    expect(await here.ended(run.workflowId)).toMatchObject({ status: 'SUCCEEDED', output: { rows: many } });
    expect(await first.stop()).toBe(0);
    expect(await countDay(here, into, day)).toEqual(onceEach);
  });
});
