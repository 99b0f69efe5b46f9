import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { publishRetrying } from '../events/index.js';
import { listen } from './client.fixture.js';
import { type Served, serve } from './served.fixture.js';

let served: Served;
let api: Served['api'];
let http: Served['http'];

beforeAll(async () => {
  served = await serve({ limits: { streamsEach: 200 } });
  ({ api, http } = served);
});

afterAll(() => served.close());

const start = async (pipeline: string, input: object): Promise<string> => (await http.post(`/v1/pipelines/${pipeline}/execute`, input)).body.workflowId;
const detail = async (workflowId: string) => (await http.get(http.run(workflowId))).body;
const recorded = (workflowId: string) =>
  until(
    () => detail(workflowId),
    ({ endedAt }) => endedAt !== undefined,
  );
const waitsFor = (workflowId: string) =>
  until(
    () => detail(workflowId),
    ({ waiting }) => waiting.length > 0,
  );
const idsOf = (answer: { body: { runs: { workflowId: string }[] } }) => answer.body.runs.map(({ workflowId }) => workflowId);

describe('a run in the registry', () => {
  test('is there at once after its start, and whole after its end: calls with bars, sums, executions', async () => {
    const workflowId = await start('shop', { orders: ['a', 'b'], ms: 20, fail: 1 });
    expect(await http.get(http.run(workflowId))).toMatchObject({ status: 200, body: { workflowId, status: 'RUNNING', trigger: 'client', record: {} } });
    const run = await recorded(workflowId);
    expect(run).toMatchObject({
      pipeline: 'shop',
      status: 'SUCCEEDED',
      input: { orders: ['a', 'b'] },
      output: { status: 'COMPLETED', orders: 2 },
      retries: 2,
      undo: 'NONE',
      executions: [run.runId],
      ancestors: [],
      children: [],
      record: { behind: false, readAt: expect.any(String) },
    });
    expect(run.calls.map(({ callId, status, attempts }: Record<string, unknown>) => [callId, status, attempts])).toEqual([
      ['pick#1', 'COMPLETED', 2],
      ['pick#2', 'COMPLETED', 2],
      ['stamp#1', 'COMPLETED', 1],
      ['pack#1', 'COMPLETED', 1],
    ]);
    for (const call of run.calls) expect(call.offsetMs + call.durationMs).toBeLessThanOrEqual(run.durationMs);
    expect(run.sums).toMatchObject({ calls: 4, completed: 4, failed: 0, skipped: 0, retries: 2, rows: 6 });
  });

  test('says what its steps took: in its calls, in its status and in its events', async () => {
    const workflowId = await start('shop', { orders: ['a'] });
    const cost = { cpuSeconds: 0.25, scannedBytes: 1_200 };
    const { calls } = await recorded(workflowId);
    const { activities } = (await http.status(workflowId)) as { activities: object[] };
    const { events } = (await http.get(`${http.run(workflowId)}/events`)).body as { events: { type: string; data: object }[] };
    expect(calls.map((it: { step: string; cost?: object }) => [it.step, it.cost])).toEqual([
      ['pick', cost],
      ['stamp', undefined],
      ['pack', undefined],
    ]);
    expect(activities[0]).toMatchObject({ name: 'pick', cost });
    expect(events.filter(({ type }) => type === 'PIPELINE_STEP_COMPLETED').map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ step: 'pick', cost }),
    );
  });

  test('tells the failed attempts of a call while it goes on', async () => {
    const workflowId = await start('shop', { orders: ['a'], ms: 1_500 });
    const pick = async () => (await detail(workflowId)).calls.find(({ callId }: { callId: string }) => callId === 'pick#1');
    const open = await until(pick, (call) => call !== undefined);
    const { database } = await served.recording.record.registry();
    const failed = {
      workflowId,
      executionId: open.executionId,
      callId: 'pick#1',
      step: 'pick',
      pipeline: 'shop',
      error: { type: 'Error', message: 'it is away' },
      ask: () => Promise.reject(new Error('The run is recorded.')),
    };
    await publishRetrying(database, { ...failed, namespace: inject('temporal').namespace, attempt: 1 });
    const told = { attempts: 1, failedAttempts: [{ attempt: 1, error: { message: 'it is away' } }] };
    expect(await pick()).toMatchObject({ status: expect.stringMatching(/SCHEDULED|RUNNING/), ...told });
  });

  test('of its calls, some at a time', async () => {
    const workflowId = await start('shop', { orders: ['a', 'b', 'c'] });
    const all = (await recorded(workflowId)).calls.map(({ callId }: { callId: string }) => callId);
    const first = await http.get(`${http.run(workflowId)}/calls?limit=3`);
    const second = await http.get(`${http.run(workflowId)}/calls?limit=3&cursor=${first.body.cursor}`);
    expect([...first.body.calls, ...second.body.calls].map(({ callId }) => callId)).toEqual(all);
    expect(second.body).not.toHaveProperty('cursor');
    const other = await start('shop', {});
    expect(await http.get(`${http.run(other)}/calls?cursor=${first.body.cursor}`)).toMatchObject({ status: 400, body: { code: 'bad_request' } });
  });

  test('knows the runs above and below it', async () => {
    const parent = await start('mall', {});
    await recorded(parent);
    const { children, sums } = await until(
      () => detail(parent),
      (it) => it.children.length > 0,
    );
    expect(sums.calls).toBe(0);
    expect(children).toMatchObject([{ pipeline: 'shop', trigger: 'parent', parent, depth: 1 }]);
    const child = await recorded(children[0].workflowId);
    expect(child.ancestors).toMatchObject([{ workflowId: parent, pipeline: 'mall', depth: 1 }]);
    expect((await http.get(`${http.run(parent)}/children?depth=9`)).body.children).toHaveLength(1);
    expect(idsOf(await http.get(`/v1/pipelines/workflows?parent=${parent}`))).toEqual([child.workflowId]);
  });

  test('has all executions where it continued as new', async () => {
    const run = await recorded(await start('rounds', { left: 2 }));
    expect(run.executions).toHaveLength(3);
    expect(run.executions[0]).toBe(run.runId);
    expect(new Set(run.calls.map(({ executionId }: { executionId: string }) => executionId)).size).toBe(3);
  });

  test('counts retries and rows over all executions, in its detail, in lists and in its status', async () => {
    const { workflowId, runId, retries, rows, sums } = await recorded(await start('rounds', { left: 2, fail: 1 }));
    expect({ retries, rows, sums }).toMatchObject({ retries: 2, rows: 9, sums: { retries: 2, rows: 9 } });
    const listed = (await http.get('/v1/pipelines/workflows?pipeline=rounds')).body.runs;
    expect(listed.find((run: { runId: string }) => run.runId === runId)).toMatchObject({ retries: 2, rows: 9 });
    expect(await http.status(workflowId)).toMatchObject({ retries: 2, activities: [{ attempt: 1 }] });
    const { events } = (await http.get(`${http.run(workflowId)}/events`)).body as { events: { type: string; data: object }[] };
    expect(events.at(-1)).toMatchObject({ type: 'PIPELINE_SUCCEEDED', data: { rows: 9 } });
  });

  test('is found by the run id of each of its executions, and by no other', async () => {
    const { workflowId, runId, executions } = await recorded(await start('rounds', { left: 1 }));
    for (const id of executions) expect((await http.get(`${http.run(workflowId)}?runId=${id}`)).body.runId).toBe(runId);
    expect(await http.get(`${http.run(workflowId)}?runId=${randomUUID()}`)).toMatchObject({ status: 404, body: { code: 'unknown_run' } });
    expect((await http.get(`${http.run(workflowId)}?runId=1`)).status).toBe(400);
  });

  test('shows what it waits for, and what was decided', async () => {
    const workflowId = await start('shop', { ask: true, orders: ['a'] });
    expect((await waitsFor(workflowId)).waiting).toMatchObject([
      { name: 'release', id: 'release#1', evidence: { orders: ['a'] }, schema: { required: ['reason'] } },
    ]);
    expect((await http.get('/v1/approvals?pipeline=shop')).body.approvals).toEqual(
      expect.arrayContaining([expect.objectContaining({ workflowId, pipeline: 'shop' })]),
    );
    expect((await http.get('/v1/approvals?pipeline=mall')).body.approvals).toEqual([]);
    await http.post(`${http.run(workflowId)}/approvals/release`, { decision: 'decline', comment: 'no', by: 'ann' });
    expect(await recorded(workflowId)).toMatchObject({
      status: 'CANCELLED',
      waiting: [],
      approvals: [{ id: 'release#1', decision: 'decline', comment: 'no', by: 'ann' }],
    });
  });

  test('that nobody knows is 404, on every route', async () => {
    for (const part of ['', '/calls', '/children', '/history', '/logs', '/events'])
      expect(await http.get(`${http.run('nobody')}${part}`)).toMatchObject({ status: 404, body: { code: 'unknown_run' } });
    expect((await http.get(http.run('a\0b'))).status).toBe(404);
  });
});

describe('lists', () => {
  test('fit each filter, and all filters at once', async () => {
    const before = new Date().toISOString();
    const good = await start('hasty', { ms: 0 });
    const bad = await start('shop', { orders: ['a'], packFails: true });
    await Promise.all([recorded(good), recorded(bad)]);
    const list = async (query: string) => idsOf(await http.get(`/v1/pipelines/workflows?startedAfter=${before}&${query}`));
    expect(await list('')).toEqual([bad, good]);
    expect(await list('pipeline=hasty')).toEqual([good]);
    expect(await list('status=FAILED')).toEqual([bad]);
    expect(await list('trigger=client&status=FAILED&pipeline=shop&startedBefore=9999-12-31')).toEqual([bad]);
    for (const none of [
      'trigger=schedule',
      'partition=2001-01-01',
      'parent=nobody',
      'pipeline=none',
      `startedBefore=${before}`,
      'pipeline=hasty&status=FAILED',
    ])
      expect(await list(none)).toEqual([]);
    expect((await http.get(`/v1/pipelines/workflows?startedAfter=${before}&status=FAILED`)).body.runs[0]).toMatchObject({
      error: { type: 'StepFailed' },
      reason: expect.any(String),
    });
  });

  test('a page after the other has each run once, though others begin meanwhile', async () => {
    const ids = [];
    for (let index = 0; index < 5; index += 1) ids.push(await start('hasty', { ms: 0 }));
    await Promise.all(ids.map(recorded));
    const seen: string[] = [];
    let cursor: string | undefined = '';
    do {
      const { body }: { body: { runs: { workflowId: string }[]; cursor?: string } } = await http.get(
        `/v1/pipelines/workflows?pipeline=hasty&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...body.runs.map(({ workflowId }) => workflowId));
      cursor = body.cursor;
      await recorded(await start('hasty', { ms: 0 }));
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(ids));
  });

  test.each(['limit=0', 'limit=201', 'status=RETRYING', 'status=X', 'cursor=x', 'startedAfter=today', 'stat=FAILED', 'startedBefore=2026-13-01'])(
    'refuse %s',
    async (query) => {
      expect(await http.get(`/v1/pipelines/workflows?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'bad_request', where: expect.stringContaining(query.split('=')[0] === 'stat' ? 'query' : '') },
      });
    },
  );

  test('refuse a cursor that was changed, or is of another list', async () => {
    await Promise.all([start('hasty', { ms: 0 }), start('hasty', { ms: 0 })].map(async (id) => recorded(await id)));
    const { cursor } = (await http.get('/v1/pipelines/workflows?pipeline=hasty&limit=1')).body;
    const place = Buffer.from(JSON.stringify({ at: '2026-01-01T00:00:00.000000Z', id: -1 })).toString('base64url');
    for (const forged of [`${cursor}x`, cursor.slice(1), cursor.slice(0, 8) + place, place]) {
      expect(await http.get(`/v1/pipelines/workflows?pipeline=hasty&limit=1&cursor=${forged}`)).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    }
    expect((await http.get(`/v1/pipelines/workflows?pipeline=shop&cursor=${cursor}`)).status).toBe(400);
  });

  test('strange texts find nothing and break nothing', async () => {
    for (const text of ['%00', '%F0%9F%9A%A2', "'; drop table pipeline_execution; --", '%25', 'a'.repeat(90)])
      for (const filter of ['pipeline', 'partition', 'parent', 'trigger'])
        expect(await http.get(`/v1/pipelines/workflows?${filter}=${text}`)).toMatchObject({ status: 200, body: { runs: [] } });
    for (const text of ['%00', "'; drop table audit_log; --", 'a'.repeat(90)])
      for (const filter of ['actor', 'action', 'subject'])
        expect(await http.get(`/v1/audit?${filter}=${text}`)).toMatchObject({ status: 200, body: { entries: [] } });
    for (const day of ['0000-01-01', '0001-01-01T00:00:00%2B14:00', '9999-12-31T23:59:59-12:00'])
      expect((await http.get(`/v1/pipelines/workflows?startedAfter=${day}&limit=1`)).status).toBe(200);
  });

  test('the history of a pipeline and of a run have outputs and errors', async () => {
    const workflowId = await start('shop', { orders: ['a'] });
    await recorded(workflowId);
    const ofPipeline = await http.get('/v1/pipelines/shop/runs?status=SUCCEEDED&limit=1');
    expect(ofPipeline.body.runs).toMatchObject([
      { workflowId, status: 'SUCCEEDED', output: { orders: 1 }, duration: expect.any(String), endedAt: expect.any(String) },
    ]);
    expect(idsOf(await http.get(`${http.run(workflowId)}/history?limit=1`))).toEqual([workflowId]);
    expect(await http.get('/v1/pipelines/none/runs')).toMatchObject({ status: 404, body: { code: 'unknown_pipeline' } });
  });
});

describe('logs', () => {
  test('come in pages with their record counts', async () => {
    const workflowId = await start('shop', { orders: ['a', 'b'] });
    await recorded(workflowId);
    expect((await http.get(`${http.run(workflowId)}/logs`)).body).toEqual({
      logs: [{ sequence: 1, at: expect.any(String), message: 'picking', records: 2 }],
      lines: 1,
      records: 2,
    });
  });

  test('are followed while the run goes on, to its end', async () => {
    const workflowId = await start('shop', { orders: ['a'], ask: true });
    const stream = await listen(`${api.url}${http.run(workflowId)}/logs`);
    await until(
      async () => stream.messages,
      (it) => it.length === 1,
    );
    await waitsFor(workflowId);
    await http.post(`${http.run(workflowId)}/cancel`);
    expect(await stream.ended).toBe(true);
    expect(stream.messages).toMatchObject([{ id: '1', data: { message: 'picking', records: 1 } }]);
    expect((await listen(`${api.url}${http.run(workflowId)}/logs`, '1')).response.status).toBe(204);
  });
});

describe('events', () => {
  const kindsOf = (messages: readonly { event: string | undefined }[]) => messages.map(({ event }) => event);

  test('of a run are in their order, in pages and as a stream that ends after the last', async () => {
    const workflowId = await start('shop', { orders: ['a'], ask: true });
    const stream = await listen(`${api.url}${http.run(workflowId)}/events`);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    await waitsFor(workflowId);
    await http.post(`${http.run(workflowId)}/approvals/release`, { decision: 'approve', answer: { reason: 'x' } });
    expect(await stream.ended).toBe(true);
    expect(kindsOf(stream.messages)).toEqual([
      'PIPELINE_STARTED',
      'PIPELINE_STEP_COMPLETED',
      'PIPELINE_STEP_COMPLETED',
      'PIPELINE_WAITING_FOR_APPROVAL',
      'PIPELINE_APPROVED',
      'PIPELINE_STEP_COMPLETED',
      'PIPELINE_SUCCEEDED',
    ]);
    expect(stream.messages.map(({ data }) => Number(data.sequence))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const first = await http.get(`${http.run(workflowId)}/events?limit=4`);
    const second = await http.get(`${http.run(workflowId)}/events?limit=4&cursor=${first.body.cursor}`);
    expect([...first.body.events, ...second.body.events]).toEqual(stream.messages.map(({ data }) => data));
  });

  test('fit the schema that is published under their dataschema, and no other event does', async () => {
    const workflowId = await start('shop', { orders: ['a'], ask: true });
    await waitsFor(workflowId);
    await http.post(`${http.run(workflowId)}/cancel`);
    await recorded(workflowId);
    const { body } = await http.get('/v1/events/schemas');
    const schemas = new Map(Object.values(body as Record<string, { $id: string }>).map((schema) => [schema.$id, z.fromJSONSchema(schema)]));
    const { events } = (await http.get(`${http.run(workflowId)}/events`)).body;
    expect(events.map(({ type }: { type: string }) => type)).toContain('PIPELINE_WAITING_FOR_APPROVAL');
    for (const event of events) {
      const readers = [...schemas].filter(([, schema]) => schema.safeParse(event).success);
      expect(readers.map(([id]) => id)).toEqual([event.dataschema]);
      expect(schemas.get(event.dataschema)?.safeParse({ ...event, data: { ...event.data, runId: undefined } }).success).toBe(false);
    }
  });

  test('go on after Last-Event-ID, each once, wherever the stream broke, and end with 204', async () => {
    const workflowId = await start('shop', { orders: ['a', 'b', 'c'] });
    await recorded(workflowId);
    const path = `${api.url}${http.run(workflowId)}/events`;
    const whole = await listen(path);
    await whole.ended;
    for (const [index, { id }] of whole.messages.entries()) {
      const resumed = await listen(path, id);
      await resumed.ended;
      expect(resumed.messages).toEqual(whole.messages.slice(index + 1));
      expect(resumed.response.status).toBe(index + 1 < whole.messages.length ? 200 : 204);
    }
    expect((await listen(path, 'x')).response.status).toBe(400);
  });

  test('of all runs are the latest first, filtered, and followed from now on', async () => {
    const stream = await listen(`${api.url}/v1/events?kind=PIPELINE_FAILED&kind=PIPELINE_SUCCEEDED&pipeline=shop`);
    const [good, bad, other] = await Promise.all([
      start('shop', { orders: ['a'] }),
      start('shop', { orders: ['a'], packFails: true }),
      start('hasty', { ms: 0 }),
    ]);
    await Promise.all([good, bad, other].map(recorded));
    await until(
      async () => stream.messages,
      (it) => it.length === 2,
    );
    await wait(300);
    expect(stream.messages.map(({ data }) => data.subject).sort()).toEqual([good, bad].sort());
    stream.stop();
    expect(await stream.ended).toBe(false);
    const list = (query: string) => http.get(`/v1/events?${query}`).then(({ body }) => body.events);
    expect(await list(`kind=PIPELINE_SUCCEEDED&limit=1&pipeline=hasty`)).toMatchObject([{ subject: other }]);
    expect(await list(`workflowId=${bad}&kind=PIPELINE_STEP_FAILED`)).toMatchObject([{ data: { callId: 'pack#1' } }]);
    expect(await http.get('/v1/events?kind=PIPELINE_EXPLODED')).toMatchObject({ status: 400 });
  });

  test('a hundred streams get the same, each once', async () => {
    const from = (await listen(`${api.url}/v1/events?after=0`)).messages;
    expect(from).toEqual([]);
    const streams = await Promise.all(Array.from({ length: 100 }, () => listen(`${api.url}/v1/events?pipeline=rounds`)));
    const workflowId = await start('rounds', { left: 3 });
    await recorded(workflowId);
    await until(
      async () => streams.map(({ messages }) => messages.length),
      (lengths) => lengths.every((it) => it === 6),
    );
    const texts = new Set(streams.map(({ messages }) => JSON.stringify(messages)));
    expect(texts.size).toBe(1);
    for (const stream of streams) stream.stop();
  });
});
