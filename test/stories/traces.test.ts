import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../faults/until.js';
import { attribute, type Collector, startCollector } from '../servers/otlp.js';
import { openStory, type Story } from './story.js';

const pipelines = new URL('../faults/pipelines', import.meta.url).pathname;
const day = '2001-07-01';

let story: Story;
let collector: Collector;

beforeAll(async () => {
  collector = await startCollector();
  story = await openStory({ pipelines, environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_METRIC_EXPORT_INTERVAL: '2000' } });
});

afterAll(async () => {
  await story.ground.leave();
  await collector.stop();
});

const input = (table: string, more: object = {}) => ({ day, into: { connection: 'lake', table }, rows: 100, ...more });

test('one trace of a run leads from the API through its steps to the engine, and its id is the run id', async () => {
  const traceparent = `00-${randomUUID().replaceAll('-', '')}-00f067aa0ba902b7-01`;
  const answer = await story.http.ask('POST', '/v1/pipelines/keep_rows/execute', input('traced'), { traceparent });
  const { runId, workflowId } = answer.body as { runId: string; workflowId: string };
  expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED' });
  const traceId = runId.replaceAll('-', '');
  const ofTrace = () => collector.spans.filter((span) => span.traceId === traceId);
  const named = (name: string) => ofTrace().filter((span) => span.name === name);
  await until(
    async () => ofTrace().map(({ name }) => name),
    (names) => ['run keep_rows', 'attempt load_data', 'execute keep_rows'].every((it) => names.includes(it)),
  );
  const [run] = named('run keep_rows');
  const [execute] = named('execute keep_rows');
  expect(run).toMatchObject({ service: 'headrace-api', spanId: traceId.slice(16) });
  expect(attribute(run as never, 'headrace.workflow_id')).toBe(workflowId);
  expect(execute).toMatchObject({
    service: 'headrace-api',
    parentSpanId: run?.spanId,
    links: [{ traceId: traceparent.slice(3, 35), spanId: '00f067aa0ba902b7' }],
  });
  for (const step of ['sql', 'load_data']) {
    const [call] = named(`step ${step}`);
    const [attempt] = named(`attempt ${step}`);
    expect(call).toMatchObject({ service: 'headrace-api', parentSpanId: run?.spanId });
    expect(attempt).toMatchObject({ service: 'headrace-worker', parentSpanId: call?.spanId });
    const statements = ofTrace().filter(({ name, parentSpanId }) => name === 'duckdb lake' && parentSpanId === attempt?.spanId);
    expect(statements.length).toBeGreaterThan(0);
  }
  const { startedAt = '', endedAt = '' } = await story.ground.status(workflowId);
  expect([BigInt(run?.startTimeUnixNano ?? 0) / 1_000_000n, BigInt(run?.endTimeUnixNano ?? 0) / 1_000_000n]).toEqual([
    BigInt(Date.parse(startedAt)),
    BigInt(Date.parse(endedAt)),
  ]);
});

test('a run that fails says so in its trace, and metrics are sent under the names that Prometheus sees', async () => {
  const workflowId = await story.detach('mistakes', { name: 'traced', mistake: 'type_error' });
  expect(await story.ground.ended(workflowId)).toMatchObject({ status: 'FAILED' });
  const span = await until(
    async () => collector.spans.find((it) => it.name === 'run mistakes' && attribute(it, 'headrace.workflow_id') === workflowId),
    (found) => found !== undefined,
  );
  expect(span?.status).toMatchObject({ code: 2, message: expect.stringContaining('undefined') });
  const failed = await until(
    async () => collector.metrics.filter(({ name }) => name === 'temporal_workflow_failed').at(-1)?.sum,
    (sum) => (sum?.dataPoints.length ?? 0) > 0,
  );
  expect(failed?.isMonotonic).toBe(true);
  const ofMistakes = failed?.dataPoints.find((point) => attribute(point, 'pipeline') === 'mistakes');
  expect(ofMistakes?.asDouble).toBeGreaterThan(0);
  const duration = collector.metrics.filter(({ name }) => name === 'temporal_workflow_duration').at(-1)?.histogram?.dataPoints[0];
  expect(Number(duration?.count)).toBe(duration?.bucketCounts.reduce((sum: number, it) => sum + Number(it), 0));
  const services = (metric: string) => new Set(collector.metrics.filter(({ name }) => name === metric).map(({ service }) => service));
  expect(services('temporal_worker_task_slots_used')).toEqual(new Set(['headrace-worker']));
});

test('a collector that is away is said once, and stops nothing', async () => {
  await collector.stop();
  const { status } = await story.run('keep_rows', input('untraced'));
  expect(status.status).toBe('SUCCEEDED');
  await until(
    async () => story.said().api,
    (text) => /OpenTelemetry: .*(ECONNREFUSED|connect|export)/i.test(text),
  );
});
