import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { replay } from '../../sdk/testing/replay.js';
import { changedFolder } from './changed-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const histories = join(root, 'test/replay/histories');
const examples = join(root, 'examples');
const files = readdirSync(histories);

beforeAll(() => void Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging: { filter: 'OFF' } } }));

test('a history of each story is kept, and none is large', () => {
  expect(files).toEqual(
    expect.arrayContaining(
      [
        'airport-history',
        'backfill-of-five-days',
        'daily-flights-approved',
        'daily-flights-declined',
        'daily-flights-good-day',
        'daily-report',
        'data-pipeline',
        'schema-migration-completed',
        'schema-migration-rolled-back',
        'strong-quakes',
        'table-quality',
      ].map((name) => `${name}.json`),
    ),
  );
  for (const file of files) expect(statSync(join(histories, file)).size).toBeLessThan(300_000);
});

test('every saved run could go on with the code as it is', async () => {
  expect(await replay(histories, { folder: examples })).toHaveLength(files.length);
});

const changed = (...change: [file: string, text: string, by: string]) => changedFolder(examples, ...change);
const dailyFlights = 'daily-flights/daily-flights.ts';

test.each([
  ['a step is inserted', dailyFlights, 'flow.progress(0.3);', "await sql({ on: 'lake', statement: 'SELECT 1 AS one' });", 'daily-flights-good-day'],
  [
    'a step has another name',
    dailyFlights,
    'const quality = await validateQuality({',
    "const quality = await Object.assign((await import('headrace')).step('check_quality', { input: validateQuality.input, output: validateQuality.output }))({",
    'daily-flights-approved',
  ],
  ['a step is left out', 'daily-report/daily-report.ts', 'await exportData({', 'void ({', 'daily-report'],
  ['an approval is not asked for any more', dailyFlights, 'await flow.approve(', 'void (', 'daily-flights-declined'],
])('the gate stops a change by which %s', async (_, file, text, by, history) => {
  const refused = replay(join(histories, `${history}.json`), { folder: changed(file, text, by) });
  await expect(refused).rejects.toMatchObject({ code: 'history_changed', message: expect.stringContaining(`${history}.json`) });
});

test('the gate lets a change through that leaves the steps as they are', async () => {
  const same = changed(dailyFlights, 'Delays by airport and route of one day of flights', 'Delays');
  expect(await replay(join(histories, 'daily-flights-good-day.json'), { folder: same })).toHaveLength(1);
});
