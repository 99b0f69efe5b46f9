import { spawn } from 'node:child_process';
import { findOnPath } from './executable.js';

const timeLimit = 20 * 60_000;

/**
 * Builds programs from the Go module proxy into a folder. Rejects with the cause.
 *
 * @param packages paths with their version, or `.` for the module in the folder `cwd`
 * @param linked flags for the linker
 */
export async function goInstall(
  packages: readonly string[],
  folder: string,
  report: (line: string) => void,
  cwd?: string,
  linked: readonly string[] = [],
): Promise<void> {
  const go = findOnPath('go', ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (!go) throw new Error('go is not on PATH');
  const begun = Date.now();
  const heartbeat = setInterval(() => report(`… still building (${Math.round((Date.now() - begun) / 1000)} s)`), 15_000);
  const child = spawn(go, ['install', '-ldflags', ['-s', '-w', ...linked].join(' '), ...packages], {
    cwd,
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: timeLimit,
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2000);
  });
  return new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`go install: ${lastLines(complaint)}`))));
  }).finally(() => clearInterval(heartbeat));
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ').trim() || 'it failed without a word';
}
