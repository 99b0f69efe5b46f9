import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { resolveSecrets } from '../../sdk/node/connections/secrets.js';
import { makeLog } from './log.js';
import { temporalLogger } from './temporal-logger.js';

function written(level: string, format: 'json' | 'lines') {
  const lines: string[] = [];
  const log = makeLog({ level, format, write: (line) => lines.push(stripVTControlCharacters(line)) });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

/** As Temporal gives it for an attempt of a step. */
const attempt = {
  sdkComponent: 'worker',
  taskToken: 'x',
  namespace: 'n',
  taskQueue: 'q',
  workflowId: 'pipeline-shop-1',
  workflowRunId: 'r-1',
  workflowType: 'shop',
  activityId: 'pick#1',
  activityType: 'pick',
  attempt: 2,
};

test("an entry says run, pipeline, step, call and attempt in Headrace's words", () => {
  const { log, entries } = written('warn', 'json');
  temporalLogger({ log }).warn('Activity failed', { ...attempt, error: new RangeError('too much\nof it') });
  expect(entries()).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      workflowId: 'pipeline-shop-1',
      runId: 'r-1',
      pipeline: 'shop',
      step: 'pick',
      callId: 'pick#1',
      attempt: 2,
      error: 'RangeError: too much',
      msg: 'Step failed',
    },
  ]);
});

test('what a step logs under a name of ours does not hide whose line it is, and its words stay its own', () => {
  const { log, entries } = written('info', 'json');
  temporalLogger({ log }).info('Activity of the day', { ...attempt, sdkComponent: 'activity', pipeline: 'mine', rows: 3 });
  expect(entries()).toMatchObject([{ msg: 'Activity of the day', pipeline: 'shop', rows: 3 }]);
});

test('what Temporal logs of payloads is left out', () => {
  const { log, lines } = written('trace', 'json');
  temporalLogger({ log }).trace('Got workflow activation', { sdkComponent: 'worker', jobs: [{ data: 'planted' }], historyLength: 10 });
  expect(lines.join()).toMatch(/"historyLength":10/);
  expect(lines.join()).not.toMatch(/planted/);
});

test('the level decides, stacks come with debug, and an unknown level is warn', () => {
  const { log, entries } = written('debug', 'json');
  temporalLogger({ log }).warn('Activity failed', { error: new Error('x') });
  expect(entries()[0]).toHaveProperty('stack', expect.stringContaining('log.test'));
  const quiet = written('nonsense', 'json');
  temporalLogger({ log: quiet.log }).info('nobody hears it');
  temporalLogger({ log: quiet.log }).error('all hear it');
  expect(quiet.entries()).toMatchObject([{ level: 'error', msg: 'all hear it' }]);
});

test('people get one line: what, where, and what the sentence does not say', () => {
  const { log, lines } = written('info', 'lines');
  temporalLogger({ log }).warn('Activity failed', { ...attempt, error: new RangeError('too much') });
  temporalLogger({ log }).info('3 rows', { ...attempt, sdkComponent: 'activity', attempt: 1, rows: 3, table: 'lake:made' });
  expect(lines).toEqual([
    expect.stringMatching(/^! \d\d:\d\d:\d\d Step failed: RangeError: too much {2}pick#1, attempt 2, of pipeline-shop-1\n$/),
    expect.stringMatching(/^· \d\d:\d\d:\d\d 3 rows {2}pick#1 of pipeline-shop-1 {2}table=lake:made\n$/),
  ]);
});

test('errors are told by kind alone where payloads are encrypted', () => {
  const { log, lines } = written('debug', 'json');
  temporalLogger({ log, encrypted: true }).warn('Activity failed', { error: new HeadraceError('a planted text', { code: 'refused' }) });
  expect(lines.join()).toMatch(/"code":"refused"/);
  expect(lines.join()).not.toMatch(/planted/);
});

test.each(['json', 'lines'] as const)('secrets that were read, passwords in URLs, tokens and keys are left out, as %s', (format) => {
  const { log, lines } = written('info', format);
  const secret = 'p"a\\ss\nword!';
  resolveSecrets('connection', { url: 'env:PLANTED' }, { PLANTED: secret });
  log.warn({ note: `with ${secret}`, deep: { secret } }, `login ${secret} at postgres://ada:tiger@db/x with Bearer abcdefgh12345678`);
  log.error({ err: new Error(`refused ${secret}`) }, 'hrk_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  const all = lines.join('');
  for (const part of ['ss\\nword', 'word!', 'tiger', 'abcdefgh12345678', 'AAAAAAA']) expect(all).not.toContain(part);
  expect(all).toMatch(/postgres:\/\/ada:\*\*\*@db/);
});
