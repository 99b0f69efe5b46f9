import { expect, test } from 'vitest';
import type { Api } from '../../sdk/api-client/index.js';
import { printEvent } from './print-event.js';
import { printRun } from './print-run.js';
import { printStatus } from './print-status.js';
import { cut, plain } from './terminal.js';

const at = '2026-02-12T06:00:00.000Z';
const error = { type: 'RangeError', message: 'too\nmany \u001b[31mrows\u001b[0m', fix: 'Ask for fewer.' };
const call = {
  callId: 'sql#1',
  executionId: 'x',
  step: 'sql',
  status: 'FAILED',
  attempts: 2,
  startedAt: at,
  offsetMs: 0,
  durationMs: 900,
  duration: '900ms',
  error,
};
const run: Api<'RunDetail'> = {
  workflowId: 'pipeline-a',
  runId: 'x',
  pipeline: 'a',
  status: 'FAILED',
  startedAt: at,
  trigger: 'client',
  startedBy: 'key:ada',
  retries: 1,
  error,
  undo: 'DONE',
  calls: [
    {
      ...call,
      failedAttempts: [{ attempt: 1, at, error }],
      cost: { cpuSeconds: 1_234.56, scannedBytes: 60_175_000, writtenBytes: 83 },
      link: 'http://trino/q/1',
    },
  ],
  approvals: [{ id: 'release#1', approval: 'release', decision: 'approve', by: 'key:bob', at, comment: 'fine' }],
  waiting: [],
  children: [],
  ancestors: [],
  executions: ['x'],
  sums: { calls: 1, completed: 0, failed: 1, skipped: 0, retries: 1, durationMs: 900 },
  record: { readAt: at, behind: false },
};

test('a run is shown with its attempts, cause and fix, who decided, and nothing that steers a terminal', () => {
  expect(printRun(run).split('\n')).toEqual([
    'pipeline-a  FAILED  1 retry',
    `  started ${at} by key:ada`,
    '  sql#1  FAILED  900ms    2 attempts',
    `      attempt 1 at ${at}: RangeError: too many rows`,
    '      RangeError: too many rows',
    '      took 1,234.6 s of CPU, 60.2 MB scanned, 83 B written',
    '      http://trino/q/1',
    `  ✓ release#1 approve by key:bob at ${at}  “fine”`,
    '  RangeError: too many rows',
    '  fix: Ask for fewer.',
    '  undo DONE',
  ]);
});

test('what a terminal would obey is left out of ids, partitions, links and names too', () => {
  const evil = (text: string) => `${text}\u001b]0;title\u0007\u001b[2J`;
  const shown = printRun({ ...run, workflowId: evil('id'), partition: evil('day'), calls: run.calls.map((it) => ({ ...it, link: evil('http://x') })) });
  const event = { time: at, type: 'PIPELINE_STARTED', subject: evil('id'), data: {} } as unknown as Api<'Event'>;
  const waits = { id: 'a#1', name: 'a', question: 'ok?', deadline: at, approved: [{ by: evil('ann') }], required: 2, missing: 1 };
  const status = { ...run, workflowId: evil('id'), problem: evil('no worker'), output: '\u009b2J', progress: 1, activities: [], pendingSignals: [waits] };
  const texts = [shown, printEvent(event, { ofRun: false }), printStatus(status as unknown as Api<'RunStatus'>)];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are looked for
  for (const text of texts) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('a text is cut to the width that there is, and its colours are not counted', () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
  expect(cut(red('headrace'), 8)).toBe(red('headrace'));
  expect(cut(red('headrace'), 5)).toBe(`${red('head')}…`);
  expect(plain('a\u001b]0;title\u0007b\r\nc')).toBe('ab c');
});
