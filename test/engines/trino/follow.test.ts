import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { closeEngines } from '../../../activities/engines/open-engine.js';
import { forgetCatalogs } from '../../../activities/engines/trino/catalogs.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { Gate } from '../postgres-gate.js';
import { startTrino, type TrinoServer } from '../trino.js';
import { World } from './world.js';

// Trino shares two cores with what asks it.
vi.setConfig({ testTimeout: 180_000 });

let trino: TrinoServer;
let world: World;
beforeAll(async () => {
  trino = await startTrino();
  world = new World(trino);
});
afterAll(async () => {
  await closeEngines();
  await trino?.stop();
});

let words = 0;

/** A statement that runs until the gate is opened, under words by which Trino's list shows it. */
async function gated() {
  words += 1;
  const gate = await Gate.close(trino.postgres.url);
  const opened = () => gate.open().catch(() => undefined);
  onTestFinished(opened);
  const word = `gated ${words}.`;
  return { open: opened, word, statement: `SELECT nation.*, '${word}' AS word FROM tpch.tiny.nation CROSS JOIN postgresql.public.gate` };
}

const running = (word: string) => expect.poll(() => world.listed(word), { timeout: 60_000 }).toMatchObject([{ state: 'RUNNING' }]);
const watched = (context: { heartbeats: unknown[] }) =>
  expect.poll(() => context.heartbeats.at(-1), { timeout: 60_000 }).toMatchObject({ outside: { handle: { uri: expect.stringContaining('/executing/') } } });

/** The second attempt of a call, with the last heartbeat of the first. */
const again = (context: StepContext & { heartbeats: unknown[] }, resumed: unknown = context.heartbeats.at(-1)) =>
  world.context({ key: context.key, attempt: 2, resumed });

describe.each(['trino', 'iceberg'])('a statement that keeps its rows in %s', (on) => {
  test('goes on when its worker stops, and the next attempt goes on with it: it was submitted once', async () => {
    const { open, word, statement } = await gated();
    const stop = new AbortController();
    const context = world.context({ signal: stop.signal });
    const first = world.sql(statement, { on, into: 'kept' }, context);
    first.catch(() => undefined);
    await watched(context);
    stop.abort(new Error('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow('WORKER_SHUTDOWN');
    await running(word);
    const second = world.sql(statement, { on, into: 'kept' }, again(context));
    await open();
    expect(await second).toMatchObject({ rowCount: 25, engine: { name: 'Trino', id: expect.stringMatching(/^headrace-/) } });
    expect(await world.listed(word)).toMatchObject([{ state: 'FINISHED' }]);
  });

  test('is ended, and leaves no table, when the step is cancelled in the middle', async () => {
    const { word, statement } = await gated();
    const cancel = new AbortController();
    const context = world.context({ signal: cancel.signal });
    const first = world.sql(statement, { on, into: 'dropped' }, context);
    first.catch(() => undefined);
    await watched(context);
    cancel.abort(new Error('cancelled'));
    await expect(first).rejects.toThrow('cancelled');
    await expect.poll(() => world.listed(word), { timeout: 30_000 }).toMatchObject([{ state: 'FAILED' }]);
    const catalog = on === 'trino' ? 'memory' : on;
    expect(await world.ask(`SHOW TABLES FROM ${catalog}.headrace_tmp LIKE 'dropped%'`)).toEqual([]);
  });
});

test('a statement whose place was lost with its worker is ended, and begun anew: its rows are there once', async () => {
  const { open, word, statement } = await gated();
  const stop = new AbortController();
  const context = world.context({ signal: stop.signal });
  const first = world.sql(statement, { into: 'kept' }, context);
  first.catch(() => undefined);
  await watched(context);
  stop.abort(new Error('WORKER_SHUTDOWN'));
  await expect(first).rejects.toThrow('WORKER_SHUTDOWN');
  const second = world.sql(statement, { into: 'kept' }, again(context, null));
  await expect.poll(() => world.listed(word), { timeout: 60_000 }).toMatchObject([{ state: 'FAILED' }, { state: 'RUNNING' }]);
  await open();
  const { rowCount, table } = await second;
  expect(rowCount).toBe(25);
  expect((await world.sql('SELECT count(*) AS n FROM kept', { tables: { kept: table } })).rows).toEqual([{ n: 25 }]);
});

test('a statement that ended while no worker lived is not begun again', async () => {
  const { open, word, statement } = await gated();
  const stop = new AbortController();
  const context = world.context({ signal: stop.signal });
  const first = world.sql(statement, { into: 'kept' }, context);
  first.catch(() => undefined);
  await watched(context);
  stop.abort(new Error('WORKER_SHUTDOWN'));
  await expect(first).rejects.toThrow('WORKER_SHUTDOWN');
  await open();
  await expect.poll(async () => (await world.listed(word))[0]?.state, { timeout: 60_000 }).toMatch(/FINISH/);
  expect(await world.sql(statement, { into: 'kept' }, again(context))).toMatchObject({ rowCount: 25 });
  expect(await world.listed(word)).toHaveLength(1);
});

test('a Trino that is killed in the middle loses the statement, and the next attempt begins it anew', async () => {
  const { open, statement } = await gated();
  const context = world.context();
  const first = world.sql(statement, { on: 'iceberg', into: 'kept' }, context);
  first.catch(() => undefined);
  await watched(context);
  await trino.halt();
  await open();
  await trino.resume();
  forgetCatalogs();
  await expect(first).rejects.toMatchObject({ name: 'HeadraceError', code: 'work_lost' });
  expect(await world.sql(statement, { on: 'iceberg', into: 'kept' }, again(context))).toMatchObject({ rowCount: 25 });
});
