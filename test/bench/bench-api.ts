import { randomBytes } from 'node:crypto';
import { Pages, TimePlace } from '../../worker/api/page.js';
import { makeSigningKey } from '../../worker/auth/index.js';
import { freePort } from '../../worker/dev/port.js';
import { openRegistry, type Registry } from '../../worker/registry/index.js';
import { exactly } from '../../worker/registry/list-place.js';
import { recordManyRuns } from '../../worker/registry/many-runs.fixture.js';
import { BinaryProcess } from '../faults/binary-process.js';
import { until } from '../faults/until.js';
import { startPostgres } from '../servers/postgres.js';
import { namespace } from './bench-server.js';

/** An API with logins, a worker, and a registry that has many runs already. */
export interface ApiGround {
  ask: <Answer>(path: string, body?: object) => Promise<Answer>;
  taskQueue: string;
  /** The cursor of the page in the middle of the list of all runs. */
  middle: string;
  leave: () => Promise<void>;
}

export async function openApi(address: string, pipelines: string, many: number): Promise<ApiGround> {
  const undo: (() => Promise<unknown>)[] = [];
  const leave = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const postgres = await startPostgres();
    undo.push(() => postgres.stop());
    const middle = await fill(postgres.url, many);
    const taskQueue = 'api';
    const adminKey = randomBytes(32).toString('hex');
    const environment = { ...settings(adminKey), TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, HEADRACE_TASK_QUEUE: taskQueue };
    const port = String(await freePort());
    const commands = [
      ['worker', pipelines],
      ['api', pipelines, '--port', port],
    ];
    const processes = commands.map((command) => new BinaryProcess(command, { ...environment, DATABASE_URL: postgres.url }));
    for (const process of processes) undo.push(() => process.kill());
    const ask = asker(`http://127.0.0.1:${port}`, adminKey);
    await until(
      () =>
        ask('/ready').then(
          () => true,
          () => processes.some(({ isOver }) => isOver),
        ),
      (ready) => ready,
    );
    for (const { isOver, output } of processes) if (isOver) throw new Error(output);
    return { ask, taskQueue, middle, leave };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function fill(url: string, many: number): Promise<string> {
  const registry = await openRegistry({ url });
  const began = performance.now();
  await recordManyRuns(registry.database, many);
  console.log(`${many.toLocaleString('en')} runs are in the registry, after ${Math.round((performance.now() - began) / 1_000)} s`);
  const middle = await cursorAt(registry, many / 2);
  await registry.close();
  return middle;
}

async function cursorAt({ database }: Registry, offset: number): Promise<string> {
  const rows = await database
    .selectFrom('pipeline_execution as run')
    .select(['run.id', exactly('run.start_date').as('at')])
    .where('tenant', '=', 'default')
    .orderBy('run.start_date', 'desc')
    .orderBy('run.id', 'desc')
    .offset(offset)
    .limit(2)
    .execute();
  return new Pages(TimePlace, 'runs', { tenant: 'default' }).cut(rows, 1, (place) => place).cursor ?? '';
}

function settings(adminKey: string): NodeJS.ProcessEnv {
  const { privateKey, publicKey } = makeSigningKey();
  return { HEADRACE_SETTINGS: 'none.json', HEADRACE_ADMIN_KEY: adminKey, HEADRACE_SIGNING_KEY: privateKey, HEADRACE_DECISION_KEYS: publicKey };
}

function asker(url: string, key: string): ApiGround['ask'] {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return async <Answer>(path: string, body?: object) => {
    const answer = await fetch(url + path, { headers, ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }) });
    const read = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(read)}`);
    return read as Answer;
  };
}
