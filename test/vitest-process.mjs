// Runs vitest in a process of its own, for `npm test` and `npm run test:engines`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../worker/dev/prepare.mjs';
import { countTests } from './summary.mjs';

/** Whether a test that is left out is a failure. */
export const mandatory = process.env.CI === 'true' || process.env.HEADRACE_TEST_MANDATORY === '1';

/** Runs vitest with these arguments: its exit code, and how many tests passed, failed and were skipped. */
export async function runVitest(parameters) {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-report-'));
  const report = join(folder, 'report.json');
  try {
    const code = await vitest(['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...parameters]);
    const counts = countTests(readReport(report));
    return { code: code || (counts.failed > 0 ? 1 : 0), counts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(parameters) {
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, ...(mandatory ? { HEADRACE_TEST_MANDATORY: '1' } : {}) };
  const child = spawn(process.execPath, [program, 'run', ...parameters], { cwd: root, env, stdio: 'inherit' });
  // A terminal gives its Ctrl-C to vitest as well; we only wait until its servers are stopped.
  const interrupt = () => process.stdin.isTTY || child.kill('SIGINT');
  const terminate = () => child.kill('SIGTERM');
  process.on('SIGINT', interrupt).on('SIGTERM', terminate);
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  }).finally(() => process.off('SIGINT', interrupt).off('SIGTERM', terminate));
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
