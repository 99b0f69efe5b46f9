import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from '../worker/dev/prepare.mjs';
import { isOurs } from './summary.mjs';

/**
 * What CI prints of a run: a line for each file, and whole what failed or needed its second try. A CI's output is read when something is wrong,
 * often only in part.
 */
export default class CiReporter {
  onTestModuleEnd(module) {
    const tests = [...module.children.allTests()];
    const count = (state) => tests.filter((test) => test.result().state === state).length;
    const counts = ['passed', 'failed', 'skipped'].map((state) => `${count(state)} ${state}`).filter((it) => !it.startsWith('0 '));
    const seconds = (module.diagnostic().duration / 1_000).toFixed(1);
    console.log(`${module.ok() ? 'ok    ' : 'FAILED'} ${relative(root, module.moduleId)}: ${counts.join(', ') || 'no tests'}, ${seconds} s`);
    for (const error of module.errors()) printError(error);
    for (const suite of module.children.allSuites()) printSuite(suite);
    for (const test of tests) printUnlessFlawless(test);
  }

  onTestRunEnd(_modules, unhandled) {
    for (const error of unhandled) {
      console.log('FAILED outside the tests:');
      printError(error);
    }
  }
}

/** What failed before or after its tests. */
function printSuite(suite) {
  for (const error of suite.errors()) {
    console.log(`  FAILED around its tests: ${suite.fullName}`);
    printError(error);
  }
}

function printUnlessFlawless(test) {
  const { state, errors } = test.result();
  const { flaky = false, retryCount = 0 } = test.diagnostic() ?? {};
  if (state !== 'failed' && !flaky) return;
  console.log(`  ${flaky ? 'passed at its second try' : `FAILED${retryCount > 0 ? ' twice' : ''}`}: ${test.fullName}`);
  for (const error of errors ?? []) printError(error);
  const { HEADRACE_SECOND_TRIES: list } = process.env;
  if (flaky && list) appendFileSync(list, `${relative(root, test.module.moduleId)}: ${test.fullName}\n`);
}

function printError(error) {
  const lines = [error.stack ?? error.message ?? String(error), error.diff ?? ''].join('\n').split('\n');
  for (const line of lines.filter((it) => it !== '' && isOurs(it))) console.log(`    ${stripVTControlCharacters(line)}`);
}
