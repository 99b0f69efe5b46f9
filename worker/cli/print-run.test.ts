import { expect, test } from 'vitest';
import type { Api } from '../../sdk/api-client/index.js';
import { printRun } from './print-run.js';
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

test('a text is cut to the width that there is, and its colours are not counted', () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
  expect(cut(red('headrace'), 8)).toBe(red('headrace'));
  expect(cut(red('headrace'), 5)).toBe(`${red('head')}…`);
  expect(plain('a\u001b]0;title\u0007b\r\nc')).toBe('ab c');
});
