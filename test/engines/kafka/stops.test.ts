import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { outsideId } from '../../../activities/outside/outside-id.js';
import type { RecordedContext } from '../../../activities/step-context.fixture.js';
import { until } from '../../faults/until.js';
import { rowsTold, told, World } from './world.js';

let world: World;
/** Of 20 MB, which a consumer takes in 20 answers. */
let large: string;
const messages = 20_000;

beforeAll(async () => {
  world = await World.open();
  large = await world.largeTopic(messages);
});
afterAll(() => world?.close());

const long = { timeout: 120_000 };
const many = 3_000;
const reasons = ['CANCELLED', 'TIMED_OUT', 'WORKER_SHUTDOWN'];

type Attempt = (context: RecordedContext) => Promise<unknown>;

/** An attempt that was told to stop in its middle and has. */
interface Stopped {
  context: RecordedContext;
  /** Milliseconds that it took. */
  took: number;
  /** Waits until nothing of it is open any more. */
  closed(): Promise<unknown>;
}

/** Tells an attempt to stop where `inTheMiddle` says. */
async function stopped(reason: string, attempt: Attempt, inTheMiddle: Attempt, key: string = randomUUID()): Promise<Stopped> {
  const before = world.connections();
  const stopping = new AbortController();
  const context = world.call({ key, signal: stopping.signal });
  const running = attempt(context);
  running.catch(() => undefined);
  const reached = Promise.race([inTheMiddle(context), running.then(() => Promise.reject(new Error('it ended before')))]);
  await reached.finally(() => stopping.abort(new Error(reason)));
  const begun = Date.now();
  await expect(running).rejects.toBe(stopping.signal.reason);
  const closed = () =>
    until(
      () => world.connections(),
      (open) => open <= before,
    );
  return { context, took: Date.now() - begun, closed };
}

/** Of the large topic. */
const attemptToRead = (context: RecordedContext) => world.extract({ topic: large }, context);

const all = (rows: number) => [{ messages: rows, different: rows }];

describe.each(reasons)('%s', (reason) => {
  test('stops an export, which says what stays in the topic, and a later attempt goes on behind it', long, async () => {
    const topic = await world.topic();
    const from = await world.made(many);
    const attempt: Attempt = (context) => world.send(from, { topic, batch: 50 }, context);
    const { context, took, closed } = await stopped(reason, attempt, (it) => told(200, it));
    const rows = rowsTold(context);
    expect(rows).toBeLessThan(many);
    expect(took).toBeLessThan(5_000);
    expect(context.lines).toEqual([`The export is stopped: ${rows} of ${many} rows are in '${topic}', and stay there.`]);
    await closed();
    await world.sees(topic, rows);
    await world.send(from, { topic, batch: 1_000 }, world.call({ key: context.key, attempt: 2 }));
    await world.sees(topic, many);
  });

  test('stops an extraction, which leaves no consumer group, and a later attempt reads all', long, async () => {
    const { context, took, closed } = await stopped(reason, attemptToRead, (it) => told(1, it));
    expect(rowsTold(context)).toBeLessThan(messages);
    expect(took).toBeLessThan(5_000);
    expect(await world.groups()).not.toContain(outsideId(context.key, 1));
    await closed();
    expect(await world.counted(await attemptToRead(world.call({ key: context.key, attempt: 2 })))).toEqual(all(messages));
    expect(await world.groups()).not.toContain(outsideId(context.key, 1));
  });
});

/** A consumer that has its place in a group and never speaks again, as one of a worker that is gone: the broker gives it 10 seconds. */
async function takePlace(groupId: string, topic: string): Promise<void> {
  const consumer = world.client().consumer({ groupId, sessionTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let letGo: () => void = () => undefined;
  const stuck = new Promise<void>((resolve) => void (letGo = resolve));
  await new Promise<void>((resolve) => {
    const eachBatch = () => {
      resolve();
      return stuck;
    };
    void consumer.run({ autoCommit: false, eachBatch });
  });
  onTestFinished(async () => {
    const left = consumer.disconnect();
    letGo();
    await left;
  });
}

test('an extraction that is stopped while it waits for the place of one that died leaves the group when it gets in', long, async () => {
  const key = randomUUID();
  const group = outsideId(key, 1);
  await takePlace(group, large);
  const state = async () => (await world.admin.describeGroups([group])).groups[0]?.state;
  const joins = () => until(state, (it) => it === 'PreparingRebalance', { every: 20 });
  const { took, closed } = await stopped('CANCELLED', attemptToRead, joins, key);
  expect(took).toBeLessThan(8_000);
  await until(
    () => world.groups(),
    (groups) => !groups.includes(group),
  );
  await closed();
});

describe('while the broker hangs', () => {
  const hangsAfter =
    (rows: number): Attempt =>
    async (context) => {
      await told(rows, context);
      world.kafka.freeze();
      onTestFinished(() => world.kafka.thaw());
    };

  test('an export that is stopped ends, and says how many rows it knows of', long, async () => {
    const topic = await world.topic();
    const from = await world.made(many);
    const attempt: Attempt = (context) => world.send(from, { topic, batch: 50 }, context);
    const { context, took, closed } = await stopped('CANCELLED', attempt, hangsAfter(200));
    expect(took).toBeLessThan(8_000);
    expect(context.lines).toEqual([expect.stringMatching(new RegExp(`^The export is stopped: (at least )?${rowsTold(context)} of ${many} rows are`))]);
    world.kafka.thaw();
    await closed();
    await world.send(from, { topic, batch: 1_000 }, world.call({ key: context.key, attempt: 2 }));
    await world.sees(topic, many);
  });

  test('an extraction that is stopped ends, and its group goes when the broker is back', long, async () => {
    const { context, took, closed } = await stopped('CANCELLED', attemptToRead, hangsAfter(1));
    expect(took).toBeLessThan(8_000);
    expect(rowsTold(context)).toBeLessThan(messages);
    world.kafka.thaw();
    await closed();
    expect(await world.groups()).not.toContain(outsideId(context.key, 1));
  });
});
