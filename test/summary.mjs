import { appendFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The counts of vitest's JSON report. A file that could not even be loaded counts as one failure, and so does a run that
 * left no report.
 */
export function countTests(report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0, failures: ['a run that left no report'] };
  const results = report.testResults;
  const tests = results.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const count = (status) => tests.filter((it) => it === status).length;
  const around = results.filter(failedAround);
  return {
    passed: count('passed'),
    failed: count('failed') + around.length,
    skipped: tests.length - count('passed') - count('failed'),
    failures: [
      ...around.map(({ name, message }) => `${name}: ${message || 'what is done before or after its tests failed; see above'}`),
      ...results.flatMap(failuresOf),
    ],
  };
}

/** The files of a report whose tests never began, since what they need was not there. */
export function unbegun(report) {
  const results = report?.testResults ?? [];
  return results.filter((it) => failedAround(it) && !it.assertionResults.some(({ status }) => status === 'passed')).map(({ name }) => name);
}

/** The first report, with what the second says of the files that were tried again. */
export function withSecondTry(first, second) {
  const again = unbegun(first);
  return second && { testResults: [...first.testResults.filter(({ name }) => !again.includes(name)), ...second.testResults] };
}

function failedAround({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}

function failuresOf({ name, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  return failed.map(({ fullName, failureMessages }) => `${name}: ${fullName}\n${shortened(failureMessages.at(-1) ?? '')}`);
}

function shortened(message) {
  return message.split('\n').filter(isOurs).join('\n').slice(0, 1_500);
}

/** Whether a line of an error is no call of a package. */
export function isOurs(line) {
  return !/^ +at .*node_modules|^ +at new Promise|^ +at process\./.test(line);
}

/** Prints the last line of a run, after what needed its second try or failed in it, and leaves its counts in the file HEADRACE_TALLY for a sum over several runs. */
export function printSummary(counts) {
  const { HEADRACE_TALLY: tally } = process.env;
  if (tally) appendFileSync(tally, `${JSON.stringify(counts)}\n`);
  for (const name of counts.secondTries ?? []) console.log(`passed at its second try: ${name}`);
  for (const failure of counts.failures) console.log(`failed: ${failure}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}

/** The counts of several runs together. */
export function sumCounts(all) {
  const sum = (name) => all.reduce((total, counts) => total + counts[name], 0);
  const lists = { failures: all.flatMap(({ failures }) => failures), secondTries: all.flatMap(({ secondTries = [] }) => secondTries) };
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), ...lists };
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
