import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const timeLimit = 120_000;
const testingPackage = '@temporalio/testing';

// The SDK downloads as part of starting a server. It runs in a process of its own because a download that hangs
// cannot be called off, only killed.
const script = `
  const { TestWorkflowEnvironment } = await import(process.argv[1]);
  const executable = { type: 'cached-download', downloadDir: process.argv[2], version: process.argv[3] };
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } })
    .catch((error) => { console.error(error.message); process.exit(1); });
  await environment.teardown();
`;

/** Whether Temporal's package is there that downloads; it is an optional peer. */
export function canDownload(): boolean {
  try {
    return import.meta.resolve(testingPackage) !== '';
  } catch {
    return false;
  }
}

/** Lets the TypeScript SDK download Temporal's dev server, and moves it to `target`. Rejects with the cause. */
export async function downloadTemporal(target: string, folder: string, version: string): Promise<void> {
  const testing = import.meta.resolve(testingPackage);
  const apart = mkdtempSync(join(folder, 'download-'));
  try {
    await runScript([testing, apart, version]);
    const [file] = readdirSync(apart).filter((name) => name.startsWith('temporal'));
    if (!file) throw new Error('the SDK downloaded nothing');
    renameSync(join(apart, file), target); // one step: others see the whole file or none
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}

function runScript(parameters: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', script, ...parameters],
      { timeout: timeLimit, killSignal: 'SIGKILL' },
      (error, _output, complaint) => {
        if (!error) return resolve();
        const cause = error.killed ? `gave up after ${timeLimit / 1000} s` : complaint.trim().split('\n').at(-1);
        reject(new Error(cause || error.message));
      },
    );
  });
}
