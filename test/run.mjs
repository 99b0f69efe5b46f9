// `npm test`: installs and builds what is missing, says what cannot be tested here, and runs vitest. Arguments go to it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from '../worker/dev/prepare.mjs';
import { countTests } from './summary.mjs';

const mandatory = process.env.CI === 'true' || process.env.HEADRACE_TEST_MANDATORY === '1';

try {
  await prepare();
  await sayWhatIsLeftOut();
} catch (error) {
  console.error(error.message);
  if (error.fix) console.error(error.fix);
  process.exit(1);
}
process.exitCode = await runTests();

async function sayWhatIsLeftOut() {
  const { tsImport } = await import('tsx/esm/api');
  const { prepareServers } = await tsImport('./servers/available.ts', import.meta.url);
  const leftOut = await prepareServers();
  for (const { name, because } of leftOut) console.log(`left out: ${name} because ${because}`);
  if (mandatory && leftOut.length > 0) throw new Error('Nothing may be left out with CI=true or HEADRACE_TEST_MANDATORY=1.');
}

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-report-'));
  const report = join(folder, 'report.json');
  try {
    const code = await vitest(['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
    const { passed, failed, skipped } = countTests(readReport(report));
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return code || (failed > 0 ? 1 : 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(reporters) {
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, ...(mandatory ? { HEADRACE_TEST_MANDATORY: '1' } : {}) };
  const parameters = [program, 'run', ...reporters, ...process.argv.slice(2)];
  const child = spawn(process.execPath, parameters, { cwd: root, env, stdio: 'inherit' });
  // A terminal gives its Ctrl-C to vitest as well; we only wait until its servers are stopped.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
