import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { goInstall } from './go-install.js';

/** Builds Temporal's dev server from the Go module proxy and moves it to `target`. Rejects with the cause. */
export async function buildTemporal(target: string, folder: string, version: string, report: (line: string) => void): Promise<void> {
  const apart = mkdtempSync(join(folder, 'build-'));
  try {
    report(`Building Temporal's dev server ${version} with Go: about 2 minutes on 2 cores, the first time only.`);
    await goInstall([`github.com/temporalio/cli/cmd/temporal@${version}`], apart, report);
    const built = join(apart, 'temporal');
    if (!existsSync(built)) throw new Error('go install left no binary: unset GOOS and GOARCH');
    renameSync(built, target); // one step: others see the whole file or none
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}
