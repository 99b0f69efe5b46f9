import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Registry } from '../registry/index.js';
import { embeddedPlace } from '../registry/registry.fixture.js';
import { EventFeed } from './event-feed.js';
import type { OutboxFilter } from './outbox.js';

const place = embeddedPlace();
let registry: Registry;
let opened = 0;
let feed: EventFeed;

beforeAll(async () => {
  registry = await place.open();
});
afterAll(async () => {
  await registry.close();
  await place.remove();
});
beforeEach(async () => {
  feed?.close();
  await registry.database.deleteFrom('outbox').execute();
  opened = 0;
  feed = new EventFeed(
    async () => {
      opened += 1;
      return registry.database;
    },
    20,
    50,
  );
});

let count = 0;
async function tell(many: number, pipeline = 'sales'): Promise<void> {
  const rows = Array.from({ length: many }, () => {
    const id = `event ${(count += 1)}`;
    const payload = JSON.stringify({ id, type: 'PIPELINE_STARTED', tenant: 'default', pipeline, run: 'r' });
    return { id, workflow_id: 'w', run_id: 'r', tenant: 'default', sequence: null, kind: 'PIPELINE_STARTED', payload };
  });
  await registry.database.insertInto('outbox').values(rows).execute();
}

/** Fetches as a stream does until it has so many. */
async function follow(many: number, filter: OutboxFilter = {}, pause: () => Promise<unknown> = async () => undefined): Promise<string[]> {
  const ids: string[] = [];
  for (let position = 0; ids.length < many; await pause()) {
    const page = await feed.next(position, filter, 10_000, new AbortController().signal);
    if (page.events.length === 0) return ids;
    position = page.position;
    ids.push(...page.events.map(({ event }) => event.id));
  }
  return ids;
}

const written = async (pipeline: string) =>
  (await registry.database.selectFrom('outbox').select('payload').orderBy('position').execute())
    .map(({ payload }) => payload as { id: string; pipeline: string })
    .filter((it) => it.pipeline === pipeline)
    .map(({ id }) => id);

test('each event comes once and in order, whether one follows closely, comes late or is slow', async () => {
  await tell(30);
  const slow = () => new Promise((resolve) => setTimeout(resolve, 60));
  const followers = [follow(630), follow(630, { pipeline: 'sales' }), follow(630, {}, slow)];
  for (let index = 0; index < 20; index += 1) await tell(30);
  const late = follow(630);
  const all = await written('sales');
  expect(await Promise.all([...followers, late])).toEqual([all, all, all, all]);
});

test('what does not fit is passed over, and its place is remembered', async () => {
  await tell(1, 'sales');
  const following = follow(2, { pipeline: 'stock' });
  for (let index = 0; index < 5; index += 1) {
    await tell(40, 'sales');
    if (index > 2) await tell(1, 'stock');
  }
  expect(await following).toEqual(await written('stock'));
  const end = await feed.next(0, { pipeline: 'none' }, 1, new AbortController().signal);
  const { last } = await registry.database
    .selectFrom('outbox')
    .select((it) => it.fn.max('position').as('last'))
    .executeTakeFirstOrThrow();
  expect(end).toEqual({ events: [], position: last });
});

test('a hundred followers cost one look a tick', async () => {
  await tell(1);
  const nothing = (milliseconds: number, from: number) => feed.next(from, { pipeline: 'none' }, milliseconds, new AbortController().signal);
  const { position } = await nothing(200, 0);
  const began = opened;
  await Promise.all(Array.from({ length: 100 }, () => nothing(400, position)));
  expect(opened - began).toBeGreaterThan(1);
  expect(opened - began).toBeLessThan(25);
});

test('a signal and the end of the feed let go of who waits', async () => {
  const leaving = new AbortController();
  const left = feed.next(0, {}, 60_000, leaving.signal);
  const ended = feed.next(0, {}, 60_000, new AbortController().signal);
  leaving.abort();
  expect((await left).events).toEqual([]);
  feed.close();
  expect((await ended).events).toEqual([]);
  expect((await feed.next(0, {}, 60_000, new AbortController().signal)).events).toEqual([]);
});

test('who is behind while the registry is away misses nothing of what is remembered', async () => {
  let away = false;
  const broken = { selectFrom: () => expect.unreachable('The registry is away.') } as unknown as typeof registry.database;
  const following = new EventFeed(async () => (away ? broken : registry.database), 20);
  const { signal } = new AbortController();
  const { position } = await following.next(0, {}, 50, signal);
  await tell(300);
  const first = await following.next(position, {}, 5_000, signal);
  expect(first.events).toHaveLength(200);

  // After so long a rest the feed begins anew, which another stream makes it try.
  away = true;
  const now = Date.now.bind(Date);
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 6_000);
  await following.next(first.position + 100, {}, 200, signal);
  expect((await following.next(first.position, {}, 0, signal)).events).toHaveLength(100);
  following.close();
});
