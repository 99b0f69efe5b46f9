import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Registry } from '../registry/index.js';
import { embeddedPlace } from '../registry/registry.fixture.js';
import { requiredJson } from '../registry/safe-json.js';
import { auditPublished, type PublishedEvent, readOutbox } from './index.js';

const place = embeddedPlace();
let registry: Registry;
let published: PublishedEvent[];

beforeAll(async () => {
  registry = await place.open();
  const rows = ['a', 'b'].flatMap((workflow_id) =>
    [1, 2, 3].map((sequence) => {
      const payload = { id: `${workflow_id}/${sequence}`, data: { workflowId: workflow_id, runId: 'r', sequence } };
      return { id: payload.id, workflow_id, run_id: 'r', tenant: 't', sequence, kind: 'k', payload: requiredJson(payload) };
    }),
  );
  await registry.database.insertInto('outbox').values(rows).execute();
});
beforeEach(async () => {
  published = (await readOutbox(registry.database, 0, 100)).map(({ workflowId, event }) => ({ key: workflowId, value: JSON.stringify(event) }));
});
afterAll(async () => {
  await registry.close();
  await place.remove();
});

const found = () => auditPublished(registry.database, published);
const second = () => published[1] as PublishedEvent;

test('what is published as it is in the registry is right, also twice', async () => {
  published.push(second());
  expect(await found()).toEqual([]);
});

test('an event that is lost is found, and the gap that it leaves', async () => {
  published.splice(1, 1);
  expect(await found()).toMatchObject([
    { event: 'a/2', what: 'was not published' },
    { event: 'a/3', what: 'comes where 2 is due' },
  ]);
});

test('events of a run in another order are found', async () => {
  published.reverse();
  expect(await found()).toMatchObject([
    { event: 'b/3', what: 'comes where 1 is due' },
    { event: 'b/2', what: 'comes where 4 is due' },
    { event: 'b/1', what: 'comes where 3 is due' },
    { event: 'a/3' },
    { event: 'a/2' },
    { event: 'a/1' },
  ]);
});

test('a double that differs is found', async () => {
  published.push({ ...second(), value: second().value.replace('"r"', '"other"') });
  expect(await found()).toMatchObject([{ event: 'a/2', what: 'is there twice, and differs' }]);
});

test('an event that is not as in the registry, or under another key, is found', async () => {
  published[1] = { ...second(), value: second().value.replace('"r"', '"other"') };
  published[4] = { key: 'a', value: published[4]?.value ?? '' };
  expect(await found()).toMatchObject([
    { event: 'a/2', what: 'is not as it is in the registry' },
    { event: 'b/2', what: 'has another key', registry: 'b', published: 'a' },
    { event: 'a/2', what: 'comes where 1 is due' },
    { event: 'a/3', what: 'comes where 2 is due' },
  ]);
});

test('an event that the registry does not know is found', async () => {
  await registry.database.deleteFrom('outbox').where('id', '=', 'b/3').execute();
  expect(await found()).toMatchObject([{ event: 'b/3', what: 'is unknown to the registry' }]);
});
