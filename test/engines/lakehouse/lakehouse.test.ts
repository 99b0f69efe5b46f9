import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cost } from '../../../sdk/index.js';
import { asker } from '../../../worker/api/client.fixture.js';
import type { PipelineEvent } from '../../../worker/events/index.js';
import { BinaryProcess } from '../../faults/binary-process.js';
import { until } from '../../faults/until.js';
import { askTrino } from '../ask-trino.js';
import { readTopic } from '../record/read-topic.js';
import { examples, firstRuns, type Lakehouse, startLakehouse, stateFolder, topic } from './lakehouse.js';

let lakehouse: Lakehouse;
let headrace: BinaryProcess;
const state = stateFolder();

beforeAll(async () => {
  lakehouse = await startLakehouse();
  headrace = new BinaryProcess(['dev', examples, '--runs', firstRuns, '--state', state.folder], lakehouse.environment);
});
afterAll(async () => {
  await headrace?.stop();
  await lakehouse?.stop();
  state.remove();
});

const delays = async (day: string) =>
  (await askTrino(lakehouse.trino.url, `SELECT count(*), sum(flights) FROM iceberg.flights.delays WHERE day = DATE '${day}'`)).rows[0];

test('data_pipeline on the lake: flights land, a good day of them is loaded, a bad one is when somebody says so, and Kafka tells of both', {
  timeout: 300_000,
}, async () => {
  // The story's own command waits until both runs have ended or wait for people.
  const ask = /headrace approve (\S+) accept_quality/;
  const said = await until(
    () => headrace.output,
    (output) => ask.test(output) || headrace.isOver,
    { limit: 240_000 },
  );
  const waiting = ask.exec(said)?.[1] ?? said;
  expect(headrace.output).toMatch(/The flights of two days.*\n.*SUCCEEDED/);
  expect(headrace.output).toMatch(/A good day.*\n.*SUCCEEDED/);
  const http = asker(/(http:\/\/\S+)\/v1\/pipelines\/workflows/.exec(headrace.output)?.[1] ?? '');

  const [routes, flights] = (await delays('2001-06-30')) as [number, number];
  expect(flights).toBeGreaterThan(10_000);
  expect(routes).toBeGreaterThan(1_000);
  expect(await delays('2001-07-01')).toEqual([0, null]);

  await http.post(`${http.run(waiting)}/approvals/accept_quality`, { decision: 'approve', by: 'story' });
  const status = await until(
    async () => (await http.status(waiting)) as { endedAt?: string },
    ({ endedAt }) => endedAt !== undefined,
    { limit: 120_000 },
  );
  expect(status).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED', score: 0.5, decision: { approved: true, by: 'story' } } });
  expect((await delays('2001-07-01'))?.[1]).toBe(6);

  const events = await until(
    async () => (await readTopic(lakehouse.kafka.broker, topic)).map(({ value }) => JSON.parse(value) as PipelineEvent),
    (all) => all.filter(({ type }) => type === 'PIPELINE_SUCCEEDED').length === 3,
    { every: 1_000 },
  );
  const steps = events.filter(({ type }) => type === 'PIPELINE_STEP_COMPLETED').map(({ data }) => (data as Record<string, unknown>).step);
  const times = (step: string) => steps.filter((it) => it === step).length;
  expect(['extract_data', 'validate_quality', 'trigger_airflow_dag', 'load_to_iceberg'].map(times)).toEqual([3, 2, 2, 3]);

  const { calls } = (await http.get(`${http.run(waiting)}/calls`)).body as { calls: { step: string; engine?: string; engineId?: string; cost?: Cost }[] };
  expect(calls.filter(({ engineId }) => engineId !== undefined).map(({ step, engine }) => [step, engine])).toEqual([
    ['extract_data', 'Trino'],
    ['validate_quality', 'Trino'],
    ['trigger_airflow_dag', 'Airflow'],
    ['load_to_iceberg', 'Trino'],
  ]);
  for (const { cost } of calls.filter(({ engine }) => engine === 'Trino')) expect(cost?.scannedRows).toBeGreaterThan(0);
});
