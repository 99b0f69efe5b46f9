import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const here = import.meta.dirname;

/** The last line of CI after so many runs, two of which left their counts. */
function sumUp(runs: number): string {
  const tally = join(ownFolder(), 'tally');
  writeFileSync(
    tally,
    '{"passed":3,"failed":0,"skipped":1,"failures":[]}\n{"passed":4,"failed":1,"skipped":0,"failures":["it: was wrong"],"secondTries":["a.test.ts: races"]}\n',
  );
  const summary = join(here, 'summary.mjs');
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

test('in CI a file whose tests cannot begin is tried a second time, and this is said', () => {
  const secondTries = [expect.stringMatching(/needy\.test\.mjs: what is done before its tests$/)];
  expect(countInCi(2)).toEqual({ code: 0, counts: { passed: 3, failed: 0, skipped: 0, failures: [], secondTries } });
});

test('a file whose tests cannot begin at the second try either is a failure', () => {
  const failures = [expect.stringContaining('needy.test.mjs: ')];
  expect(countInCi(3)).toEqual({ code: 1, counts: { passed: 1, failed: 1, skipped: 2, failures, secondTries: [] } });
});

/** What CI counts of two files, where the first of them finds what it needs at so manieth try only. */
function countInCi(neededTries: number): unknown {
  const folder = ownFolder();
  const [tries, config] = [join(folder, 'tries'), join(folder, 'vitest.config.mjs')];
  writeFileSync(config, `export default { root: ${JSON.stringify(folder)}, test: { globals: true, include: ['*.test.mjs'] } };`);
  writeFileSync(join(folder, 'other.test.mjs'), `test('passes', () => {});`);
  writeFileSync(
    join(folder, 'needy.test.mjs'),
    `import { appendFileSync, readFileSync } from 'node:fs';
     beforeAll(() => {
       appendFileSync(${JSON.stringify(tries)}, '.');
       if (readFileSync(${JSON.stringify(tries)}).length < ${neededTries}) throw new Error('no server');
     });
     test('one', () => {});
     test('two', () => {});`,
  );
  const program = `import { runVitest } from ${JSON.stringify(pathToFileURL(join(here, 'vitest-process.mjs')))};
    const outcome = await runVitest([${JSON.stringify(`--config=${config}`)}]);
    console.log(JSON.stringify(outcome));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', env: { ...process.env, CI: 'true' } });
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-summary-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
