import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'vitest';
import { dataBackfill } from '../../workflows/data_backfill.js';
import type { BinaryProcess } from './binary-process.js';
import { type Ground, groundOf } from './ground.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

const partitions = Number(process.env.HEADRACE_PARTITIONS ?? 200);
const kills = Number(process.env.HEADRACE_KILLS ?? 5);
const concurrency = 4;
/** By how busy the machine is: 10,000 partitions take twenty minutes. */
const patience = 240_000 + partitions * 120;

test(`a backfill of ${partitions} partitions, ${kills} of whose workers are killed, does all of them`, { timeout: patience }, async (context) => {
  const { expect } = context;
  const here = await groundOf(context);
  const workers = [await startWorker(here), await startWorker(here)];
  const start = '2001-01-01T00:00:00Z';
  const end = new Date(Date.parse(start) + partitions * 3_600_000).toISOString();
  const run = await here.client.start(dataBackfill, { start, end, size: 'hour', pipeline: 'each_hour', partitionAs: 'hour', concurrency });
  await until(
    () => here.status(run.workflowId),
    ({ progress }) => progress > 0,
  );
  await killInTurn(here, workers, async () => expect((await here.status(run.workflowId)).status).toBe('RUNNING'));
  expect(await here.ended(run.workflowId, patience)).toMatchObject({
    status: 'SUCCEEDED',
    output: { status: 'COMPLETED', total: partitions, succeeded: partitions, failed: [], problems: [] },
  });
  const done = here.journal();
  expect(new Set(done).size).toBe(partitions);
  console.log(`${partitions} partitions, ${kills} kills: ${done.length - partitions} were done again`);
  expect(done.length - partitions).toBeLessThanOrEqual(kills * concurrency);
});

/** One of two at a time, two seconds after the other one has begun to work. */
async function killInTurn(here: Ground, workers: BinaryProcess[], itGoesOn: () => Promise<void>): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    await wait(2_000);
    await itGoesOn();
    await workers[kill % 2]?.kill();
    workers[kill % 2] = await startWorker(here);
  }
}
