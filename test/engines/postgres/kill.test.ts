import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { until } from '../../faults/until.js';
import { replaceWorker, startWorker } from '../../faults/worker-process.js';
import { openOwnGround } from '../own-ground.js';
import { addNumbers, askPostgres } from './pipelines/on-postgres.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.open(['visitor']);
});
afterAll(() => world?.close());

const long = { timeout: 240_000 };
const limit = 120_000;

async function ground() {
  const here = await openOwnGround({ pipelines: `${import.meta.dirname}/pipelines`, connections: { pg: world.as('headrace'), visitor: world.as('visitor') } });
  onTestFinished(() => here.leave());
  return { here, worker: await startWorker(here) };
}

test('a worker that is killed in the COPY of a load of 3 million rows: another loads each once, and clears what was staged', long, async () => {
  const { here, worker } = await ground();
  const table = world.freshTable();
  const rows = 3_000_000;
  const { workflowId } = await here.client.start(addNumbers, { into: { connection: 'pg', table }, rows });
  await world.copying();
  await replaceWorker(here, worker, workflowId, limit);
  expect(await here.ended(workflowId, limit)).toMatchObject({ status: 'SUCCEEDED', output: { rows }, retries: 1 });
  expect(await world.rowsOf(table)).toEqual([{ word: 'first', rows, different: rows }]);
  expect(await world.staged()).toEqual([]);
  const { historySizeBytes } = (await here.temporal.workflow.getHandle(workflowId).describe()).raw.workflowExecutionInfo ?? {};
  expect(Number(historySizeBytes)).toBeLessThan(100_000);
});

test('a worker that is killed in the middle of a statement: the server ends it, and another worker runs it', long, async () => {
  const { here, worker } = await ground();
  const gate = await world.gate();
  const { workflowId } = await here.client.start(askPostgres, { on: 'pg', statement: 'SELECT n FROM gate' });
  await world.running('FETCH');
  const [first] = await world.ask("SELECT pid FROM pg_stat_activity WHERE query LIKE 'FETCH%' AND application_name = 'headrace'");
  await worker.kill();
  await until(
    () => world.ask(`SELECT 1 FROM pg_stat_activity WHERE pid = ${String(first?.pid)}`),
    (found) => found.length === 0,
    { limit: 20_000 },
  );
  await startWorker(here);
  await world.running('FETCH');
  await gate.open();
  expect(await here.ended(workflowId, limit)).toMatchObject({ status: 'SUCCEEDED', output: { rows: 1 }, retries: 1 });
});

test('a right that is missing is not tried again, and the run says which', long, async () => {
  const { here } = await ground();
  await world.ask('CREATE TABLE public.secrets AS SELECT 1 AS n');
  const { workflowId } = await here.client.start(askPostgres, { on: 'visitor', statement: 'SELECT * FROM public.secrets' });
  expect(await here.ended(workflowId, limit)).toMatchObject({
    status: 'FAILED',
    retries: 0,
    activities: [{ name: 'sql', attempt: 1, error: { code: 'permission_denied', fix: 'Let its owner run GRANT SELECT ON public.secrets TO visitor.' } }],
  });
});
