import { afterEach, expect, inject, test } from 'vitest';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import type { Temporal } from '../../sdk/node/client/temporal.js';
import { until } from '../../sdk/node/fixtures/workshop.fixture.js';
import { embeddedPlace } from '../registry/registry.fixture.js';
import { RunRecord } from './index.js';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function connectHere(): Promise<Temporal> {
  const temporal = await connectTemporal({ ...inject('temporal'), taskQueue: 'run-record' });
  undo.push(() => temporal.close());
  return temporal;
}

test('what keeps the registry from being opened is told once and answered, and it opens when it can', async () => {
  const place = embeddedPlace();
  undo.push(() => place.remove());
  const holder = await place.open();
  const told: string[] = [];
  const record = new RunRecord({ temporal: await connectHere(), registry: place.settings, pipelines: [], report: (it) => told.push(it) }).begin();
  undo.push(() => record.close());
  await expect(record.registry()).rejects.toMatchObject({ code: 'state_in_use', message: expect.stringContaining(`${process.pid}`) });
  record.nudge('nobody-minds');
  expect(record.current).toBeUndefined();
  await holder.close();
  await until(
    async () => record.current !== undefined,
    (open) => open,
  );
  await (await record.registry()).ready();
  expect(record.database).toBe((await record.registry()).database);
  expect(told).toHaveLength(1);
});

test('a registry that may wait is opened by whoever asks for it, and a record that is closed meanwhile says nothing', async () => {
  const place = embeddedPlace();
  undo.push(() => place.remove());
  const told: string[] = [];
  const settings = { temporal: await connectHere(), registry: place.settings, pipelines: [], report: (it: string) => told.push(it) };
  const never = 3_600_000;
  await new RunRecord(settings).begin(never).close();
  const record = new RunRecord(settings).begin(never);
  undo.push(() => record.close());
  expect(record.current).toBeUndefined();
  await (await record.registry()).ready();
  expect(told).toEqual([]);
});

test('what was never begun, or is closed, says so', async () => {
  const record = new RunRecord({ temporal: await connectHere(), registry: { url: '', folder: 'unused' }, pipelines: [] });
  await expect(record.registry()).rejects.toMatchObject({ code: 'registry_unreachable' });
  await record.close();
  record.nudge('nobody-minds');
});
