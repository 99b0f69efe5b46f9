import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { buildTemporal } from './build-temporal.js';
import { cacheFolder } from './cache-folder.js';
import { canDownload, downloadTemporal } from './download-temporal.js';
import { findOnPath, isExecutable, versionOf } from './executable.js';
import { claimPatiently } from './ownership.js';

/** Temporal CLI 1.5.1 brings server 1.29.1. Newer tags carry a replace directive, so `go install` refuses them. */
export const temporalVersion = 'v1.5.1';

const byHand = `go install github.com/temporalio/cli/cmd/temporal@${temporalVersion}`;

const byDownload = "Run npm install @temporalio/testing, Temporal's package that downloads the server, or install";

type Report = (line: string) => void;

/** A way to get the server. */
export interface Source {
  name: string;
  /** Writes it to `target`, and what that takes into `folder`. Rejects with the cause. */
  get: (target: string, folder: string, report: Report) => Promise<void>;
}

const sources: Source[] = [
  { name: "the SDK's download", get: (target, folder) => downloadTemporal(target, folder, temporalVersion) },
  { name: 'go install', get: (target, folder, report) => buildTemporal(target, folder, temporalVersion, report) },
];

/**
 * A Temporal dev server that runs on this machine: from PATH, our cache, or the first source that has one, in this order.
 *
 * @throws HeadraceError no_temporal, with what was tried
 */
export async function findTemporal(report: Report = (line) => console.error(line), from = sources): Promise<string> {
  const folder = cacheFolder('temporal', temporalVersion);
  const cached = join(folder, 'temporal');
  const causes: string[] = [];
  const found = (await present(cached, causes)) ?? (await acquire(folder, cached, from, causes, report));
  if (found) return found;
  throw new HeadraceError(`no Temporal dev server could be had:\n${causes.map((cause) => `  - ${cause}`).join('\n')}`, {
    code: 'no_temporal',
    fix: `${canDownload() ? 'Install' : byDownload} Go (1.24 or newer) and run: ${byHand} — or set TEMPORAL_ADDRESS to a server that runs.`,
  });
}

async function present(cached: string, causes: string[]): Promise<string | undefined> {
  const onPath = findOnPath('temporal', []);
  if (!onPath) causes.push('PATH: there is no temporal on it');
  for (const file of [onPath, cached]) {
    if (file && isExecutable(file) && (await works(file, causes))) return file;
  }
  causes.push(`cache: there is no ${cached}`);
  return undefined;
}

async function works(file: string, causes: string[]): Promise<boolean> {
  try {
    await versionOf(file);
    return true;
  } catch (error) {
    causes.push(`${file}: ${(error as Error).message}`);
    return false;
  }
}

// One process at a time: a second one waits and finds the first one's binary in the cache.
async function acquire(folder: string, cached: string, from: readonly Source[], causes: string[], report: Report): Promise<string | undefined> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    causes.push(`cache: ${(error as Error).message}`);
    return undefined;
  }
  const mine = await claimPatiently(folder, ({ pid }) => report(`Waiting for pid ${pid}, which gets Temporal's dev server for all.`));
  try {
    if (isExecutable(cached) && (await works(cached, causes))) return cached;
    for (const source of from) if (await gets(source, folder, cached, causes, report)) return cached;
    return undefined;
  } finally {
    mine.release();
  }
}

/** Whether a source has one that runs here: a download may be for another C library. */
async function gets({ name, get }: Source, folder: string, cached: string, causes: string[], report: Report): Promise<boolean> {
  try {
    await get(cached, folder, report);
    await versionOf(cached);
    return true;
  } catch (error) {
    causes.push(`${name}: ${(error as Error).message}`);
    return false;
  }
}
