import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ground, openGround } from './ground.js';
import { freshTable, targets, undone } from './loading.js';
import { block } from './moments.js';
import { askedChain, chain, hurriedChain, parent } from './pipelines/chain.js';
import { countRows } from './rows.js';
import { until } from './until.js';
import { startWorker } from './worker-process.js';

let here: Ground;
let names = 0;

beforeAll(async () => {
  here = await openGround();
  await startWorker(here);
});
afterAll(() => here?.leave());

const patience = { timeout: 120_000 };
const loads = 3;
const descending = (from: number) => Array.from({ length: from }, (_, index) => from - 1 - index);

/** A chain's input: tables that nobody else has, in the lake and in the warehouse by turns. */
function chainOf(more: { holdAt?: number; undoFailsAt?: number; fails?: boolean }) {
  const tables = Array.from({ length: loads }, (_, index) => freshTable(targets[index % targets.length] as string));
  return { name: `run-${names++}`, tables, ...more };
}

/** The loads of a chain that were undone, in the order in which they were. */
const undoneOf = (name: string) => here.journal().flatMap((line) => (line.startsWith(`${name} undid `) ? [Number(line.split(' ').at(-1))] : []));
const leftIn = (tables: readonly { connection: string; table: string }[]) => Promise.all(tables.map((table) => countRows(here, table)));
const nothing = Array.from({ length: loads }, () => 0);

/** A run whose second load waits to publish. `undoes` waits until it takes its loads back, and gives how it ended. */
async function inTheMiddle(pipeline: typeof chain | typeof hurriedChain | typeof askedChain, connection: string) {
  // Of its own, because the lake's lock is one for all its tables.
  const ground = await openGround();
  here.atEnd(() => ground.leave());
  await startWorker(ground);
  const [first, second] = [freshTable(connection), freshTable(connection)];
  const { workflowId } = await ground.client.start(pipeline, { name: 'run', tables: [first, second], holdAt: 1 });
  await ground.held('run');
  const letGo = await block(ground, second);
  ground.go('run');
  await until(
    () => ground.status(workflowId),
    ({ currentActivity }) => currentActivity === 'load_data',
  );
  const undoes = async () => {
    await until(
      () => ground.status(workflowId),
      ({ undo }) => undo === 'RUNNING',
    );
    await letGo();
    const ended = await ground.ended(workflowId);
    expect(ground.journal().slice(-2)).toEqual(['run undid 1', 'run undid 0']);
    expect([await countRows(ground, first), await countRows(ground, second)]).toEqual([0, 0]);
    return ended;
  };
  return { ground, workflowId, undoes };
}

describe.concurrent('a run that is cancelled', patience, () => {
  test.each(Array.from({ length: loads + 1 }, (_, index) => index))('after %i loads has undone them, the last first', async (holdAt) => {
    const input = chainOf({ holdAt });
    const { workflowId } = await here.client.start(chain, input);
    await here.held(input.name);
    await here.client.run(workflowId).cancel();
    expect(await here.ended(workflowId)).toMatchObject({ status: 'CANCELLED', undo: holdAt === 0 ? 'NONE' : 'DONE' });
    expect(undoneOf(input.name)).toEqual(descending(holdAt));
    expect(await leftIn(input.tables)).toEqual(nothing);
  });

  test.each(targets)('in the middle of a load into %s has undone that load too', async (connection) => {
    const { ground, workflowId, undoes } = await inTheMiddle(chain, connection);
    await ground.client.run(workflowId).cancel();
    expect(await undoes()).toMatchObject({ status: 'CANCELLED', undo: 'DONE' });
  });

  test('twice, also while it undoes, undoes everything once', async () => {
    const input = chainOf({ holdAt: loads });
    const { workflowId } = await here.client.start(chain, input);
    await here.held(input.name);
    const letGo = await block(here, input.tables[1] as (typeof input.tables)[number]);
    await here.client.run(workflowId).cancel();
    await until(
      () => here.status(workflowId),
      ({ undo, currentActivity }) => undo === 'RUNNING' && currentActivity === 'undo_load',
    );
    await here.client.run(workflowId).cancel();
    await here.temporal.workflow.getHandle(workflowId).cancel();
    await letGo();
    const ended = await here.ended(workflowId);
    expect(ended).toMatchObject({ status: 'CANCELLED', undo: 'DONE' });
    expect(undone(ended).filter(({ name }) => name === 'undo_load')).toHaveLength(loads);
    expect(undoneOf(input.name)).toEqual(descending(loads));
    expect(await leftIn(input.tables)).toEqual(nothing);
  });

  test('while it undoes after a failure stays FAILED, and undoes everything', async () => {
    const input = chainOf({ holdAt: loads, fails: true });
    const { workflowId } = await here.client.start(chain, input);
    await here.held(input.name);
    const letGo = await block(here, input.tables[1] as (typeof input.tables)[number]);
    here.go(input.name);
    await until(
      () => here.status(workflowId),
      ({ undo, currentActivity }) => undo === 'RUNNING' && currentActivity === 'undo_load',
    );
    await here.client.run(workflowId).cancel();
    await letGo();
    expect(await here.ended(workflowId)).toMatchObject({ status: 'FAILED', undo: 'DONE', error: { type: 'TypeError' } });
    expect(undoneOf(input.name)).toEqual(descending(loads));
    expect(await leftIn(input.tables)).toEqual(nothing);
  });

  test('and whose undo fails says so, and has undone the others', async () => {
    const input = chainOf({ holdAt: loads, undoFailsAt: 1 });
    const { workflowId } = await here.client.start(chain, input);
    await here.held(input.name);
    await here.client.run(workflowId).cancel();
    const ended = await here.ended(workflowId);
    expect(ended).toMatchObject({ status: 'CANCELLED', undo: 'FAILED' });
    expect(undone(ended).filter(({ status }) => status === 'FAILED')).toMatchObject([
      { name: 'refuse', error: { type: 'Refused', message: 'It cannot be undone.' } },
    ]);
    expect(undoneOf(input.name)).toEqual([2, 0]);
    expect(await leftIn(input.tables)).toEqual([0, 10, 0]);
  });

  test('has its child cancelled, and the child has undone its own work first', async () => {
    const [own, childs] = [chainOf({}), chainOf({ holdAt: 2 })];
    const { workflowId } = await here.client.start(parent, { own, childs });
    await here.held(childs.name);
    await here.client.run(workflowId).cancel();
    const ended = await here.ended(workflowId);
    expect(ended).toMatchObject({ status: 'CANCELLED', undo: 'DONE', children: [{ name: 'chain', status: 'CANCELLED' }] });
    expect(await here.status(ended.children[0]?.workflowId as string)).toMatchObject({ status: 'CANCELLED', undo: 'DONE' });
    expect(here.journal().filter((line) => line.startsWith(`${own.name} `) || line.startsWith(`${childs.name} `))).toEqual([
      ...descending(2).map((index) => `${childs.name} undid ${index}`),
      ...descending(loads).map((index) => `${own.name} undid ${index}`),
    ]);
    expect(await leftIn([...own.tables, ...childs.tables])).toEqual([...nothing, ...nothing]);
  });
});

describe.concurrent('a run whose time is over', patience, () => {
  test.each(targets)('in the middle of a load into %s has undone that load too', async (connection) => {
    const { undoes } = await inTheMiddle(hurriedChain, connection);
    expect(await undoes()).toMatchObject({ status: 'TIMED_OUT', undo: 'DONE', error: { type: 'RunTimedOut' } });
  });

  test.each(targets)('to be approved, in the middle of a load into %s, has undone that load too', async (connection) => {
    const { undoes } = await inTheMiddle(askedChain, connection);
    expect(await undoes()).toMatchObject({ status: 'CANCELLED', undo: 'DONE', approvals: [{ decision: 'expired' }] });
  });

  test.each([1, loads])('after %i loads has undone them, the last first, and is TIMED_OUT', async (holdAt) => {
    const input = chainOf({ holdAt });
    const { workflowId } = await here.client.start(hurriedChain, input);
    expect(await here.ended(workflowId)).toMatchObject({ status: 'TIMED_OUT', undo: 'DONE', error: { type: 'RunTimedOut' } });
    expect(undoneOf(input.name)).toEqual(descending(holdAt));
    expect(await leftIn(input.tables)).toEqual(nothing);
  });
});
