import { appendFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The counts of vitest's JSON report. A file that could not even be loaded counts as one failure, and so does a run that
 * left no report.
 */
export function countTests(report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter(({ status, assertionResults }) => {
    return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
  });
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Prints the last line of a run, and leaves its counts in the file HEADRACE_TALLY for a sum over several runs. */
export function printSummary(counts) {
  const { HEADRACE_TALLY: tally } = process.env;
  if (tally) appendFileSync(tally, `${JSON.stringify(counts)}\n`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}

/** The counts of several runs together. */
export function sumCounts(all) {
  const sum = (name) => all.reduce((total, counts) => total + counts[name], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** The counts in a tally of so many runs: one that left none has failed. */
export function readTally(text, runs) {
  const left = text.split('\n').filter(Boolean).map(JSON.parse);
  const lost = Array.from({ length: Math.max(runs - left.length, 0) }, () => countTests(undefined));
  return sumCounts([...left, ...lost]);
}

// node test/summary.mjs TALLY RUNS
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file = '', runs = '0'] = process.argv.slice(2);
  printSummary(readTally(readFileSync(file, 'utf8'), Number(runs)));
}
