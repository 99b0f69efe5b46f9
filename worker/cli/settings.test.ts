import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { connectTemporal } from '../../sdk/node/client/connect-temporal.js';
import { Catalogue } from '../host/catalogue.js';
import { makeRecord } from '../host/make-record.js';
import { readRetention } from '../registry/index.js';
import { readSettings } from './settings.js';

/** A folder that is removed when the test is over. */
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'headrace-settings-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function settingsOf(content: object) {
  const file = join(folder(), 'headrace.json');
  writeFileSync(file, JSON.stringify(content));
  return readSettings(undefined, { HEADRACE_SETTINGS: file });
}

test('the topic of events from the environment counts beside the brokers of the file, and brokers go before the whole of it', () => {
  const file = join(folder(), 'headrace.json');
  writeFileSync(file, JSON.stringify({ kafka: { brokers: ['one:9092'], topic: 'of.the.file', tls: true } }));
  const kafka = (environment: NodeJS.ProcessEnv) => readSettings(undefined, { HEADRACE_SETTINGS: file, ...environment }).record.kafka;
  expect(kafka({})).toEqual({ brokers: ['one:9092'], topic: 'of.the.file', tls: true });
  expect(kafka({ HEADRACE_KAFKA_TOPIC: 'mine' })).toEqual({ brokers: ['one:9092'], topic: 'mine', tls: true });
  expect(kafka({ HEADRACE_KAFKA_BROKERS: 'two:9092,three:9092' })).toEqual({ brokers: ['two:9092', 'three:9092'] });
});

test('retention is read in days, and applied when the record opens', async () => {
  const { record: place } = settingsOf({ retention: { runs: '400 days', events: 'for ever' } });
  expect(place.retention).toEqual({ runs: 400, events: null });
  const temporal = await connectTemporal({ ...inject('temporal'), taskQueue: 'settings' });
  const record = makeRecord(temporal, new Catalogue(''), place, { folder: folder() }).begin();
  const { database } = await record.registry();
  expect(await readRetention(database)).toEqual({ runs: 400, logs: 90, events: undefined });
  await record.close();
  await temporal.close();
});

test.each([{ runs: 400 }, { logs: '0 days' }, { events: '12 hours' }, { runs: '1.5 days' }, { logs: '999999 days' }, { events: null }])(
  'a retention of %j is refused, with what to write',
  (retention) => {
    const [kind = ''] = Object.keys(retention);
    const message = expect.stringMatching(new RegExp(`Write a whole number of days, such as '90 days', or 'for ever'\\.[^]*retention\\.${kind}`)) as string;
    expect(() => settingsOf({ retention })).toThrow(expect.objectContaining({ code: 'bad_settings', message }));
  },
);

test('a retention of what the registry does not keep is refused', () => {
  expect(() => settingsOf({ retention: { runz: '9 days' } })).toThrow(/Unrecognized key: "runz"/);
});

test.each([
  ['HEADRACE_CONCURRENCY', 'abc'],
  ['HEADRACE_CONCURRENCY', '0'],
  ['HEADRACE_METRICS_PORT', '9e9'],
])('%s=%s is refused by name, and is no NaN with which nothing is worked on', (name, value) => {
  expect(() => readSettings(undefined, { [name]: value })).toThrow(expect.objectContaining({ code: 'bad_settings', where: name }));
});
