// Runs vitest in a process of its own, for `npm test` and `npm run test:engines`.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from '../worker/dev/prepare.mjs';
import { countTests, unbegun, withSecondTry } from './summary.mjs';

const ci = process.env.CI === 'true';
const reporters = ci ? [`--reporter=${join(root, 'test/ci-reporter.mjs')}`] : ['--reporter=default'];

/** Whether a test that is left out is a failure. */
export const mandatory = ci || process.env.HEADRACE_TEST_MANDATORY === '1';

/**
 * Runs vitest with these arguments: its exit code, and how many tests passed, failed and were skipped. Files whose tests could not begin are
 * tried a second time in CI, as a test that failed is.
 */
export async function runVitest(parameters) {
  const first = await runOnce(parameters);
  const again = ci ? unbegun(first.report) : [];
  if (again.length === 0) return outcome(first);
  console.log(`A second try of what could not begin: ${again.map(named).join(', ')}`);
  const second = await runOnce([...parameters.filter((it) => it.startsWith('-')), ...again]);
  const begun = again.filter((file) => !unbegun(second.report).includes(file)).map((file) => `${named(file)}: what is done before its tests`);
  const secondTries = [...first.secondTries, ...second.secondTries, ...begun];
  return outcome({ code: second.code, report: withSecondTry(first.report, second.report), secondTries });
}

const named = (file) => relative(root, file);

function outcome({ code, report, secondTries }) {
  const counts = { ...countTests(report), secondTries };
  return { code: code || (counts.failed > 0 ? 1 : 0), counts };
}

async function runOnce(parameters) {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-report-'));
  const report = join(folder, 'report.json');
  const secondTries = join(folder, 'second-tries');
  try {
    const code = await inCi(join(folder, 'stderr'), (stderr) => {
      return vitest([...reporters, '--reporter=json', `--outputFile.json=${report}`, ...parameters], stderr, { HEADRACE_SECOND_TRIES: secondTries });
    });
    return { code, report: readReport(report), secondTries: readLines(secondTries) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In CI, what servers and workers write to stderr is printed only where a run failed, and of that the end. */
async function inCi(file, run) {
  if (!ci) return await run('inherit');
  const stderr = openSync(file, 'w');
  const code = await run(stderr).finally(() => closeSync(stderr));
  if (code !== 0) console.log(`The end of stderr:\n${readFileSync(file, 'utf8').split('\n').slice(-60).join('\n')}`);
  return code;
}

function vitest(parameters, stderr, settings) {
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, ...settings, ...(mandatory ? { HEADRACE_TEST_MANDATORY: '1' } : {}) };
  const child = spawn(process.execPath, [program, 'run', ...parameters], { cwd: root, env, stdio: ['inherit', 'inherit', stderr] });
  // A terminal gives its Ctrl-C to vitest as well; we only wait until its servers are stopped.
  const interrupt = () => process.stdin.isTTY || child.kill('SIGINT');
  const terminate = () => child.kill('SIGTERM');
  process.on('SIGINT', interrupt).on('SIGTERM', terminate);
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  }).finally(() => process.off('SIGINT', interrupt).off('SIGTERM', terminate));
}

/** The lines of a file, none where it is not there. */
function readLines(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
