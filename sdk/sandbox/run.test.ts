import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun } from '../node/status/read-run.js';
import { statusOf } from '../node/status/status-of.js';
import { realBed } from '../testing/bed.fixture.js';
import { replace, type TestBed } from '../testing/index.js';
import { recording, returning, rounds } from './fixtures/pipelines/calls.js';
import { misuse } from './fixtures/pipelines/misuse.js';
import { act } from './fixtures/pipelines/steps.js';

let bed: TestBed;

beforeAll(async () => {
  bed = await realBed(new URL('./fixtures/pipelines', import.meta.url));
});
afterAll(() => bed.close());

const steps = [replace(act, async ({ name }) => name)];

/** Starts as a client does that knows nothing of Headrace. */
async function startRaw(type: string, ...args: unknown[]) {
  const workflowId = `raw-${randomUUID()}`;
  const { client, temporal } = bed.server;
  const handle = await client.workflow.start(type, { workflowId, taskQueue: temporal.taskQueue, args });
  await handle.result().catch(() => undefined);
  const { described, events } = await readRun(temporal, workflowId);
  return statusOf(described, events);
}

test('an output that fits is what the run gives', async () => {
  expect((await bed.run(returning, { value: { rows: 3, more: true } })).output).toEqual({ rows: 3 });
});

test('a wrong output ends the run FAILED, typed', async () => {
  expect(await bed.run(returning, { value: { rows: 'three' } })).toMatchObject({
    status: 'FAILED',
    error: { type: 'ValidationError', code: 'wrong_output', message: expect.stringContaining('output of pipeline returning') },
  });
});

test.each([
  ['approve', /flow\.approve takes an approval.*the text 'load_anyway'/],
  ['runPipeline', /flow\.runPipeline takes a pipeline.*the text 'returning'/],
  ['startPipeline', /flow\.startPipeline takes \{ workflowId \}.*undefined/],
  ['startPipelineItself', /flow\.startPipeline takes a pipeline's id.*an object/],
  ['undo', /What flow\.undo takes is a function.*an object/],
  ['each', /flow\.each takes an array.*undefined/],
  ['eachWithoutWork', /work of flow\.each is a function.*undefined/],
  ['phases', /phase transform is a function.*undefined/],
  ['phasesOfResults', /a of the phase extract is a function.*an object/],
  ['notify', /flow\.notify takes an object.*the text 'somebody'/],
  ['skip', /flow\.skip takes a step.*the text 'measure'/],
  ['log', /flow\.log takes a text.*an object/],
  ['logRecords', /records as a number.*the text '3'/],
  ['end', /flow\.end takes 'CANCELLED' or 'ROLLED_BACK'.*the text 'DONE'/],
])('what no type kept from flow, %s, ends the run FAILED with what was meant', async (mistake, message) => {
  expect(await bed.run(misuse, { mistake })).toMatchObject({
    status: 'FAILED',
    error: { code: 'bad_argument', message: expect.stringMatching(message), fix: expect.stringMatching(/./) },
  });
});

test('a notification of no outcome ends the run FAILED with those that there are', async () => {
  const message = expect.stringMatching(/no option 'failure'.*succeeded, failed/);
  expect(await bed.run(misuse, { mistake: 'notifyOfNothing' })).toMatchObject({ status: 'FAILED', error: { code: 'unknown_option', message } });
});

test('a body that reaches outside is told where it may', async () => {
  const error = { type: 'ReferenceError', message: 'fetch is not defined', fix: expect.stringContaining('Call fetch in a step') };
  expect(await bed.run(misuse, { mistake: 'outside' })).toMatchObject({ status: 'FAILED', error });
});

test('an output that Temporal would refuse ends the run FAILED, with its size', async () => {
  const big = replace(act, async () => 'x'.repeat(1_500_000));
  const { bounded } = await import('./fixtures/pipelines/calls.js');
  expect(await bed.run(bounded, { count: 2, concurrency: 2 }, { steps: [big] })).toMatchObject({ status: 'FAILED', error: { code: 'payload_too_large' } });
});

test.each([
  ['nothing', []],
  ['a text', ['x']],
  ['a wrong field', [{ left: 'many' }]],
  ['null', [null]],
])('a raw client with wrong input, %s, gets a run that ends FAILED, typed', async (_, args) => {
  expect(await startRaw('rounds', ...args)).toMatchObject({ status: 'FAILED', error: { type: 'ValidationError', code: 'wrong_input' } });
});

test('a run continues as new with other input and keeps its identity', async () => {
  const { output, run, workflowId } = await bed.run(rounds, { left: 2 }, { steps });
  expect(output).toBe(2);
  expect(run.workflowId).toBe(workflowId);
  expect((await bed.server.client.workflow.getHandle(workflowId).describe()).raw.workflowExecutionInfo?.firstRunId).toBe(run.runId);
});

test('continuing as new with something to undo is refused, and undone', async () => {
  const { status, error, calls } = await bed.run(rounds, { left: 1, undo: true }, { steps });
  expect({ status, code: error?.code }).toEqual({ status: 'FAILED', code: 'bad_declaration' });
  expect(calls.at(-1)?.input).toEqual({ name: 'undo' });
});

test('progress never falls, skips and log lines are in the history', async () => {
  const result = await bed.run(recording, {}, { steps });
  const progress = result.history.events
    .map(({ workflowPropertiesModifiedEventAttributes }) => workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields?.headrace?.data)
    .filter((data) => data != null)
    .map((data) => (JSON.parse(Buffer.from(data).toString()) as { progress?: number }).progress);
  expect(progress).toEqual([...progress].sort());
  expect(progress.at(-1)).toBe(0.9);
  expect(result.run.logs).toMatchObject([{ message: 'read', records: 12 }, { message: 'no records' }]);
  expect(result.run.activities.find(({ status }) => status === 'SKIPPED')).toMatchObject({ name: 'measure', reason: 'nothing to measure' });
});
