import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { asker, listen } from '../../worker/api/client.fixture.js';
import { audit } from '../../worker/events/index.js';
import { openRegistry, type Registry } from '../../worker/registry/index.js';
import { BinaryProcess } from './binary-process.js';
import { type Ground, openGround } from './ground.js';
import { busy } from './pipelines/busy.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

let ground: Ground;
let temporal: Temporal;
let folder: string;
let registryFolder: string;

beforeAll(async () => {
  ground = await openGround();
  folder = dirname(ground.lake);
  registryFolder = join(folder, '.headrace/registry');
  ground.environment.DATABASE_URL = '';
  temporal = await connectTemporal({ address: ground.environment.TEMPORAL_ADDRESS, namespace: ground.namespace, taskQueue: ground.taskQueue });
  ground.atEnd(() => temporal.close());
  await startWorker(ground);
});

afterAll(() => ground.leave());

/** An API with the embedded registry of the ground. */
async function serve() {
  const process = new BinaryProcess(['api', ground.pipelines, '--port', '0'], ground.environment, folder);
  ground.atEnd(() => process.kill());
  const said = await until(
    () => process.output,
    (text) => /API http/.test(text) || process.isOver,
    { limit: 150_000, what: () => process.output },
  );
  const url = /API (http\S+)/.exec(said)?.[1] ?? '';
  return { process, url, http: asker(url) };
}

/** Looks into the registry while nobody else has it. */
async function within<Result>(look: (registry: Registry) => Promise<Result>): Promise<Result> {
  const registry = await openRegistry({ url: '', folder: registryFolder });
  try {
    return await look(registry);
  } finally {
    await registry.close();
  }
}

const eventsIn = ({ database }: Registry) => database.selectFrom('outbox').select(['id', 'workflow_id', 'sequence']).orderBy('position').execute();
const differences = ({ database }: Registry) => audit(temporal, database, `TaskQueue = '${ground.taskQueue}'`);
const start = (count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => (await ground.client.start(busy, { name: `run ${index}`, steps: 8, milliseconds: 50 })).workflowId),
  );

async function recorded({ http, process }: Awaited<ReturnType<typeof serve>>, runs: readonly string[]): Promise<void> {
  for (const run of runs) {
    await until(
      async () => (await http.get(http.run(run))).body as { endedAt?: string },
      ({ endedAt }) => endedAt !== undefined,
      { what: () => process.output },
    );
  }
}

test('an API that is killed in the middle of writes has lost nothing that anybody was told, and goes on where it was', { timeout: 400_000 }, async () => {
  const runs: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const api = await serve();
    const stream = await listen(`${api.url}/v1/events?after=0`);
    runs.push(...(await start(5)));
    const before = stream.messages.length;
    await until(
      () => stream.messages.length,
      (count) => count > before + 10,
      { every: 5, what: () => api.process.output },
    );
    await api.process.kill();
    await stream.ended;
    const kept = new Set((await within(eventsIn)).map(({ id }) => id));
    expect(stream.messages.map(({ data }) => data.id as string).filter((id) => !kept.has(id))).toEqual([]);
  }
  const api = await serve();
  await recorded(api, runs);
  await api.process.kill();
  expect(await within(differences)).toEqual([]);
});

test('damaged tables are told with what helps, runs go on, and what helps brings the same record back', { timeout: 400_000 }, async () => {
  const before = await within(eventsIn);
  const tables = await within(async ({ database }) => {
    const file = sql<{ file: string }>`select pg_relation_filepath('pipeline_execution') as file`;
    return (await file.execute(database)).rows.map((row) => row.file);
  });
  for (const table of tables) {
    const file = join(registryFolder, 'data', table);
    writeFileSync(file, readFileSync(file).fill(7, 4_096, 8_192));
  }
  const damaged = await serve();
  const refusal = {
    code: 'registry_unreadable',
    detail: expect.stringMatching(/damaged: invalid page/),
    fix: expect.stringContaining(`remove it: what Temporal still keeps`),
    where: expect.stringContaining('.headrace/registry'),
  };
  expect(await damaged.http.get('/v1/pipelines/workflows')).toMatchObject({ status: 503, body: refusal });
  const begun = await damaged.http.post('/v1/pipelines/busy/execute', { name: 'meanwhile', steps: 2, milliseconds: 10 });
  expect(begun.status).toBe(201);
  const meanwhile = begun.body.workflowId as string;
  expect(await ground.ended(meanwhile)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await damaged.http.status(meanwhile)).toMatchObject({ status: 'SUCCEEDED' });
  await until(
    () => damaged.process.output,
    (text) => /damaged: invalid page.*remove it/.test(text),
  );
  await damaged.process.stop();
  rmSync(registryFolder, { recursive: true });

  const mended = await serve();
  await recorded(mended, [...new Set(before.map(({ workflow_id }) => workflow_id)), meanwhile]);
  await mended.process.stop();
  const idsOf = (events: typeof before) => events.map(({ id, sequence }) => `${sequence} ${id}`).sort();
  const after = (await within(eventsIn)).filter(({ workflow_id }) => workflow_id !== meanwhile);
  expect(idsOf(after)).toEqual(idsOf(before));
  expect(await within(differences)).toEqual([]);
});
