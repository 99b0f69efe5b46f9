import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const parts = ['sdk', 'activities', 'workflows', 'worker', 'examples', 'dist', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** A clone that is installed and built, as a user has one: what is written there touches nobody's. */
export function freshClone(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-clone-')));
  // With their times, by which a build is known to be up to date.
  execFileSync('cp', ['-pR', ...parts.map((part) => join(root, part)), folder]);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
