import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { findOnPath } from '../../../worker/dev/executable.js';

const folders = ['/usr/sbin', '/sbin'];

/** Makes sure of programs that are Debian packages of the same name: root gets what is missing, others are told. */
export function requireDebian(...programs: string[]): void {
  const missing = programs.filter((name) => findOnPath(name, folders) === undefined);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || findOnPath('apt-get') === undefined)
    throw new Error(`These programs are missing: ${missing.join(', ')}. As root: ${command}`);
  const options: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], options);
}
