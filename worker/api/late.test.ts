import { Hono } from 'hono';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import type { RunRecord } from '../events/index.js';
import { explainDatabase } from '../registry/explain-database.js';
import { embeddedPlace } from '../registry/registry.fixture.js';
import { answerInTime } from './answer-in-time.js';
import { asker } from './client.fixture.js';
import { startApi } from './index.js';
import { refuse } from './refuse.js';
import { serve } from './served.fixture.js';

test('a request that waits for what never answers is answered, with when to ask again', async () => {
  const app = new Hono().use(answerInTime(50)).get('/', () => new Promise<Response>(() => undefined));
  app.onError(refuse);
  const answer = await app.request('/');
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  expect(await answer.json()).toMatchObject({ code: 'no_answer', fix: expect.stringContaining('may have been done') });
});

test('a run that Temporal has and the record has not yet is told as such, and its status is there', async () => {
  const here = await serve();
  const place = embeddedPlace();
  const empty = await place.open();
  const behind = Object.create(here.recording.record, { registry: { value: async () => empty }, nudge: { value: () => undefined } }) as RunRecord;
  const { client, catalogue } = here.workshop;
  const api = await startApi({ client, catalogue, record: behind, port: 0 });
  const http = asker(api.url);
  const { workflowId } = (await http.post('/v1/pipelines/hasty/execute', { ms: 0 })).body as { workflowId: string };
  const asked = await http.get(http.run(workflowId));
  expect([asked.status, asked.body]).toEqual([503, expect.objectContaining({ code: 'not_recorded' })]);
  expect((await http.get(`${http.run(workflowId)}/status`)).status).toBe(200);
  await api.stop();
  await empty.close();
  await place.remove();
  await here.close();
});

const server = inject('postgresUrl');

test.skipIf(server === undefined)('a question that takes PostgreSQL too long says so, and not that it is away', async () => {
  const client = new pg.Client({ connectionString: server, statement_timeout: 50 });
  await client.connect();
  const error = await client.query('select pg_sleep(60)').catch((it: unknown) => it);
  await client.end();
  expect(explainDatabase(error)).toMatchObject({ code: 'too_slow', fix: expect.stringContaining('Ask for less') });
});
