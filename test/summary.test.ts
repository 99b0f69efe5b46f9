import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** The last line of CI after so many runs, two of which left their counts. */
function sumUp(runs: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-tally-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tally = join(folder, 'tally');
  writeFileSync(
    tally,
    '{"passed":3,"failed":0,"skipped":1,"failures":[]}\n{"passed":4,"failed":1,"skipped":0,"failures":["it: was wrong"],"secondTries":["a.test.ts: races"]}\n',
  );
  const summary = join(import.meta.dirname, 'summary.mjs');
  // Else these counts would be among those of the run that this test is part of.
  const env = { ...process.env, HEADRACE_TALLY: undefined };
  return execFileSync(process.execPath, [summary, tally, String(runs)], { encoding: 'utf8', env });
}

test('the counts of two runs are summed up, after what needed its second try and what failed', () => {
  expect(sumUp(2)).toBe('passed at its second try: a.test.ts: races\nfailed: it: was wrong\n7 passed, 1 failed, 1 skipped\n');
});

test('a run that left no counts is a failure', () => {
  expect(sumUp(3)).toMatch(/\nfailed: it: was wrong\nfailed: a run that left no report\n7 passed, 2 failed, 1 skipped\n$/);
});
