import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from './executable.js';

const timeLimit = 20 * 60_000;

/** Builds Temporal's dev server from the Go module proxy and moves it to `target`. Rejects with the cause. */
export async function buildTemporal(target: string, folder: string, version: string, report: (line: string) => void): Promise<void> {
  const go = findOnPath('go', ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (!go) throw new Error('go is not on PATH');
  const apart = mkdtempSync(join(folder, 'build-'));
  try {
    report(`Building Temporal's dev server ${version} with Go: about 2 minutes on 2 cores, the first time only.`);
    await install(go, apart, version, report);
    const built = join(apart, 'temporal');
    if (!existsSync(built)) throw new Error('go install left no binary: unset GOOS and GOARCH');
    renameSync(built, target); // one step: others see the whole file or none
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}

function install(go: string, folder: string, version: string, report: (line: string) => void): Promise<void> {
  const begun = Date.now();
  const heartbeat = setInterval(() => report(`… still building (${Math.round((Date.now() - begun) / 1000)} s)`), 15_000);
  const child = spawn(go, ['install', '-ldflags', '-s -w', `github.com/temporalio/cli/cmd/temporal@${version}`], {
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
