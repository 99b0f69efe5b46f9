import { cp, rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { openWorkshop, until, type Workshop } from '../../sdk/node/fixtures/workshop.fixture.js';
import { openRecord } from '../events/run-record.fixture.js';
import { embeddedPlace, type RegistryPlace } from '../registry/registry.fixture.js';
import { asker, listen } from './client.fixture.js';
import { startApi } from './index.js';

let workshop: Workshop;

beforeEach(async () => {
  workshop = await openWorkshop(inject('temporal'));
  await workshop.startWorker();
});

afterEach(() => workshop.close());

/** An API with a registry: one that has nothing yet, and does not outlive it, unless given. */
async function serve(registry?: RegistryPlace) {
  const recording = await openRecord({ ...inject('temporal'), taskQueue: workshop.taskQueue }, [], registry);
  await recording.record.registry();
  const { url, stop } = await startApi({ client: workshop.client, catalogue: workshop.catalogue, record: recording.record, port: 0 });
  const close = async () => {
    await stop();
    await recording.remove();
  };
  return { url, http: asker(url), close };
}

type Serving = Awaited<ReturnType<typeof serve>>;

const start = async ({ http }: Serving, orders: string[]): Promise<string> =>
  (await http.post('/v1/pipelines/shop/execute', { orders })).body.workflowId as string;
const streamOf = ({ url, http }: Serving, workflowId: string, after?: string) => listen(`${url}${http.run(workflowId)}/events`, after);

async function recorded({ http }: Serving, workflowId: string): Promise<void> {
  await until(
    async () => (await http.get(http.run(workflowId))).body as { endedAt?: string },
    ({ endedAt }) => endedAt !== undefined,
  );
}

test("who follows a run gets each of its events once, though the registry was dropped and made anew from Temporal's histories", async () => {
  const first = await serve();
  // Of other runs too: positions are others when all are projected at once.
  const runs = [await start(first, ['a']), await start(first, ['a', 'b']), await start(first, ['a', 'b', 'c'])];
  for (const run of runs) await recorded(first, run);
  const [, followed = ''] = runs;
  const whole = await streamOf(first, followed);
  await whole.ended;
  const all = await listen(`${first.url}/v1/events?after=0`);
  await until(
    async () => all.messages.length,
    (count) => count >= 12,
  );
  await first.close();
  const ids = whole.messages.map(({ data }) => data.id as string);
  expect(ids.length).toBeGreaterThan(4);

  const second = await serve();
  await recorded(second, followed);
  for (const [index, { id }] of whole.messages.entries()) {
    const resumed = await streamOf(second, followed, id);
    await resumed.ended;
    expect(resumed.messages.map(({ data }) => data.id)).toEqual(ids.slice(index + 1));
    expect(resumed.response.status).toBe(index + 1 < ids.length ? 200 : 204);
  }
  // Among all runs there is no place to go on from: nothing is left out, and what is sent again has the same id.
  const again = await listen(`${second.url}/v1/events`, all.messages.at(-1)?.id);
  const known = new Set(all.messages.map(({ data }) => data.id as string));
  await until(
    async () => new Set(again.messages.map(({ data }) => data.id as string)),
    (seen) => [...known].every((id) => seen.has(id)),
  );
  again.stop();
  await second.close();
});

/** A registry that stays when its API ends, and may be restored as it is now. */
function lastingPlace() {
  const place = embeddedPlace();
  const { folder = '' } = place.settings;
  const backup = `${folder}.backup`;
  onTestFinished(async () => {
    await rm(backup, { recursive: true, force: true });
    await place.remove();
  });
  const restore = async () => {
    await rm(folder, { recursive: true });
    await cp(backup, folder, { recursive: true });
  };
  return { place: { ...place, remove: async () => undefined }, backUp: () => cp(folder, backup, { recursive: true }), restore };
}

test('who saw events that a restored backup does not know is sent each one that follows them', async () => {
  const { place, backUp, restore } = lastingPlace();
  const first = await serve(place);
  await recorded(first, await start(first, ['before']));
  await first.close();
  await backUp();

  const lost = await serve(place);
  const runs: string[] = [];
  for (const order of ['a', 'b', 'c', 'd', 'e']) {
    const run = await start(lost, [order]);
    await recorded(lost, run);
    runs.push(run);
  }
  const followed = await Promise.all(runs.map((run) => streamOf(lost, run)));
  await Promise.all(followed.map(({ ended }) => ended));
  const known = (await lost.http.get('/v1/events?limit=200')).body.events as { id: string }[];
  const all = await listen(`${lost.url}/v1/events?after=0`);
  await until(
    async () => all.messages.length,
    (count) => count === known.length,
  );
  all.stop();
  await lost.close();
  await restore();

  const restored = await serve(place);
  for (const [index, run] of runs.entries()) {
    await recorded(restored, run);
    const messages = followed[index]?.messages ?? [];
    const resumed = await streamOf(restored, run, messages[0]?.id);
    await resumed.ended;
    expect(resumed.messages.map(({ data }) => data.id)).toEqual(messages.slice(1).map(({ data }) => data.id));
  }
  const [seen, after] = [all.messages.at(-8), all.messages.slice(-7).map(({ data }) => data.id as string)];
  const again = await listen(`${restored.url}/v1/events`, seen?.id);
  await until(
    async () => new Set(again.messages.map(({ data }) => data.id as string)),
    (ids) => after.every((id) => ids.has(id)),
  );
  again.stop();
  await restored.close();
}, 120_000);
