import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../worker/dev/cache-folder.js';
import { claimPatiently } from '../../worker/dev/ownership.js';

const manifest = 'manifest.json';

/**
 * A folder in the cache with what was fetched or built once, such as the jars of a server's version. Later calls check
 * its sums only; what is damaged is filled anew. One process fills it, and others wait for it.
 */
export async function keptFolder(name: string, version: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const parent = cacheFolder(name);
  const folder = join(parent, version);
  if (isWhole(folder)) return folder;
  mkdirSync(parent, { recursive: true });
  const mine = await claimPatiently(parent, ({ pid }) => console.error(`Waiting for pid ${pid}, which gets ${name} ${version} for all.`));
  try {
    if (!isWhole(folder)) await fillAside(parent, folder, fill);
    return folder;
  } finally {
    mine.release();
  }
}

async function fillAside(parent: string, folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const apart = mkdtempSync(join(parent, 'fill-'));
  try {
    const fresh = join(apart, 'fresh');
    mkdirSync(fresh);
    await fill(fresh);
    writeFileSync(join(fresh, manifest), checksums(fresh));
    if (existsSync(folder)) renameSync(folder, join(apart, 'damaged'));
    renameSync(fresh, folder);
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}

function isWhole(folder: string): boolean {
  try {
    return readFileSync(join(folder, manifest), 'utf8') === checksums(folder);
  } catch {
    return false;
  }
}

function checksums(folder: string): string {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name !== manifest && statSync(join(folder, name)).isFile());
  return JSON.stringify(Object.fromEntries(files.sort().map((name) => [name, sha256(join(folder, name))])), undefined, 2);
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
