import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keptFolder } from '../../servers/kept-folder.js';

const run = promisify(execFile);
const quietly = { timeout: 10 * 60_000, maxBuffer: 2 ** 26 };
const packages = ['containerd', 'runc', 'containernetworking-plugins'];

/** A folder with the distribution's containerd, runc and network plugins, unpacked and not installed. */
export async function containerPrograms(): Promise<string> {
  return keptFolder('containerd', distribution(), async (folder) => {
    const aside = join(folder, 'packages');
    mkdirSync(aside);
    const download = () => run('apt-get', ['download', '-qq', ...packages], { ...quietly, cwd: aside });
    // A bare machine has no lists of packages, or old ones.
    await download().catch(() => run('apt-get', ['update', '-qq'], quietly).then(download));
    for (const file of readdirSync(aside)) await run('dpkg', ['-x', join(aside, file), folder], quietly);
    rmSync(aside, { recursive: true });
  });
}

/** Such as `debian-12`. */
function distribution(): string {
  const told = readFileSync('/etc/os-release', 'utf8');
  const value = (name: string) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(told)?.[1] ?? '';
  return `${value('ID')}-${value('VERSION_ID')}`;
}
