import { randomUUID } from 'node:crypto';
import { Client as TemporalClient } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type EncryptionKey, newKey } from '../../sdk/node/encryption/key-ring.js';
import { protocol } from '../../sdk/node/protocol.js';
import type { RunStatus } from '../../sdk/node/status/run-status.js';
import { postgresUrl } from '../faults/ground.js';
import { until } from '../faults/until.js';
import { type Collector, startCollector } from '../servers/otlp.js';
import { openStory } from '../stories/story.js';
import { type Carrying, carry, ends, secretive } from './carry.js';
import { filesOf, tablesOf, tracesOf } from './traces.js';

/** A story with a registry of its own. */
interface Place extends Carrying {
  registry: string;
  /** Takes the traces and metrics of worker and API. */
  collector: Collector;
}

/** Milliseconds after which spans and metrics are sent. */
const quickly = { OTEL_BSP_SCHEDULE_DELAY: '200', OTEL_METRIC_EXPORT_INTERVAL: '1000' };

let encrypted: Place;
let plain: Place;

beforeAll(async () => {
  if (postgresUrl === undefined) return;
  [encrypted, plain] = await Promise.all([openPlace([newKey('k1')]), openPlace()]);
  await Promise.all([encrypted, plain].flatMap((place) => ends.map((end) => carry(place, end))));
  await Promise.all([encrypted, plain].map(recorded));
}, 240_000);

afterAll(async () => {
  await Promise.all([encrypted, plain].map((place) => place?.story.ground.leave()));
  await Promise.all([encrypted, plain].map((place) => place?.collector.stop()));
});

async function openPlace(encryption?: readonly EncryptionKey[]): Promise<Place> {
  const registry = await newDatabase(postgresUrl as string);
  const collector = await startCollector();
  const environment = { DATABASE_URL: registry, HEADRACE_LOG_LEVEL: 'trace', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...quickly };
  return { story: await openStory({ pipelines: secretive, environment, encryption }), registry, collector, secret: `planted-${randomUUID()}`, runs: [] };
}

async function newDatabase(server: string): Promise<string> {
  const name = `secrets_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client(server);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return Object.assign(new URL(server), { pathname: name }).href;
}

/** Waits until the registry has the ends of all runs and of their children, and the collector their traces and metrics. */
async function recorded({ registry, collector, runs }: Place): Promise<void> {
  const client = new pg.Client(registry);
  await client.connect();
  await until(
    async () => (await client.query<{ count: string }>('select count(*) from pipeline_execution where end_date is not null')).rows[0]?.count,
    (count) => count === String(runs.length * 2),
  );
  await client.end();
  await until(
    () => collector.spans.filter(({ name }) => name === 'run secretive').length,
    (count) => count === runs.length,
  );
  await until(
    () => collector.metrics.map(({ name }) => name),
    (names) => names.includes('headrace_approval_wait_seconds'),
  );
}

/** What the API shows of all runs, to who reads no run. */
async function shown({ story: { http, api } }: Place): Promise<Record<string, string>> {
  const pages = ['/v1/events?limit=200', '/v1/pipelines', '/v1/pipelines/secretive', '/health', '/ready'];
  const answers = await Promise.all(pages.map(async (page) => [page, JSON.stringify((await http.get(page)).body)] as const));
  return { ...Object.fromEntries(answers), '/metrics': await (await fetch(`${api}/metrics`)).text() };
}

/** Everything that is kept of a place's runs. */
async function placesOf(place: Place): Promise<Record<string, string>> {
  const { story, registry, collector, runs } = place;
  const { ground, said } = story;
  const { History } = protocol.temporal.api.history.v1;
  const raw = new TemporalClient({ connection: ground.temporal.connection, namespace: ground.namespace });
  const histories = [...runs, ...runs.map((id) => `${id}-confidant-1`)].map(async (id) => {
    const { events } = await raw.workflow.getHandle(id).fetchHistory();
    const described = await raw.workflowService.describeWorkflowExecution({ namespace: ground.namespace, execution: { workflowId: id } });
    return Buffer.from(History.encode({ events }).finish()).toString('latin1') + JSON.stringify(described);
  });
  const list = await raw.workflowService.listWorkflowExecutions({ namespace: ground.namespace, query: `TaskQueue = '${ground.taskQueue}'` });
  const lists = JSON.stringify(list);
  const kept = { history: (await Promise.all(histories)).join(), lists, ...filesOf(inject('temporal').folder), ...(await tablesOf(registry)) };
  return { ...kept, ...(await shown(place)), otlp: collector.raw.join('\n'), ...said() };
}

test.skipIf(postgresUrl === undefined)(
  'a planted secret is found nowhere: not in histories, the server’s files, the registry, the events, traces, metrics, the logs of worker and API',
  async () => {
    const places = await placesOf(encrypted);
    for (const name of ['history', 'temporal.db', 'pipeline_execution', 'step_call', 'approval', 'run_log', 'outbox', 'worker', 'otlp', '/metrics']) {
      expect(places[name]?.length, name).toBeGreaterThan(100);
    }
    expect(tracesOf(encrypted.secret, places)).toEqual([]);
  },
);

test.skipIf(postgresUrl === undefined)('the same search finds it in all these places where nothing is encrypted', async () => {
  const found = tracesOf(plain.secret, await placesOf(plain));
  expect(found).toEqual(
    expect.arrayContaining([
      ...['history', 'lists', 'temporal.db', 'pipeline', 'pipeline_execution', 'step_call', 'approval', 'run_log', 'outbox', 'worker'],
      ...['otlp', '/v1/events?limit=200'],
    ]),
  );
});

test.skipIf(postgresUrl === undefined)('who may read a run reads it whole: input and output, evidence, answer, log and errors', async () => {
  const { story, secret, runs } = encrypted;
  const statuses = await Promise.all(runs.map(async (id): Promise<RunStatus> => (await story.http.status(id)) as RunStatus));
  const well = statuses.find(({ status }) => status === 'SUCCEEDED');
  expect(well).toMatchObject({ output: { text: secret, watermark: `up to ${secret}` }, logs: [{ message: `begins with ${secret}` }] });
  expect(well?.approvals).toMatchObject([{ answer: { text: secret }, comment: `${secret} is true` }]);
  const messages = statuses.filter(({ status }) => status === 'FAILED').map(({ error }) => error?.message);
  expect(messages.sort()).toEqual([`mutter#2 failed: ${secret} cannot be said`, `${secret} ends it`, `whisper#2 failed: ${secret} cannot be said`].sort());
  const detail = (await story.http.get(story.http.run(well?.workflowId ?? ''))).body;
  expect(detail).toMatchObject({ watermark: `up to ${secret}` });
  expect(detail.calls).toContainEqual(expect.objectContaining({ step: 'whisper', engine: 'ear', engineId: secret, link: `https://ear.example/${secret}` }));
  for (const { activities } of statuses) expect(activities).toContainEqual(expect.objectContaining({ status: 'SKIPPED', reason: `${secret} is known` }));
});
