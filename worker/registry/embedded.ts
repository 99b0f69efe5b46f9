import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { cacheFolder } from '../dev/cache-folder.js';
import { lockState, type StateLock } from '../dev/state-lock.js';
import { beginAnew } from './damage.js';

/** A PGlite that is this process's own, and its lock. */
export interface Embedded {
  pglite: PGlite;
  lock: StateLock;
}

const bigint = 20;

/**
 * Opens the embedded database of a folder. Two owners would silently lose rows, so a second one is refused.
 *
 * @throws HeadraceError state_in_use with the holder, or registry_unreadable
 */
export async function openEmbedded(folder: string): Promise<Embedded> {
  const lock = await orExplain(folder, async () => lockState(folder));
  try {
    return { lock, pglite: await orExplain(folder, () => openData(join(folder, 'data'))) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openData(data: string): Promise<PGlite> {
  if (!existsSync(data)) await copySeed(data);
  return PGlite.create({ dataDir: data, parsers: { [bigint]: Number } });
}

/** An empty cluster takes seconds to make and a moment to copy: it is made once for a version of PGlite. */
async function copySeed(data: string): Promise<void> {
  const seed = cacheFolder(`registry-seed-${await pgliteVersion()}`);
  const aside = `${data}.${process.pid}`;
  await rm(aside, { recursive: true, force: true });
  if (!existsSync(seed)) await makeSeed(seed);
  await cp(seed, aside, { recursive: true });
  await rename(aside, data);
}

async function makeSeed(seed: string): Promise<void> {
  const aside = `${seed}.${process.pid}`;
  await mkdir(dirname(seed), { recursive: true });
  await rm(aside, { recursive: true, force: true });
  await (await PGlite.create(aside)).close();
  // Another process may have been first: its seed is as good.
  await rename(aside, seed).catch(() => rm(aside, { recursive: true, force: true }));
}

async function pgliteVersion(): Promise<string> {
  const file = join(dirname(fileURLToPath(import.meta.resolve('@electric-sql/pglite'))), '..', 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

async function orExplain<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HeadraceError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const fix =
      code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
        ? 'Give this user the right to write there, or take another folder: --state OTHER.'
        : code === 'ENOSPC'
          ? 'Make room on the disk: nothing that was committed is lost.'
          : beginAnew(folder);
    throw new HeadraceError(`The registry in ${folder} cannot be opened: ${message}`, { code: 'registry_unreadable', where: folder, fix, cause: error });
  }
}
