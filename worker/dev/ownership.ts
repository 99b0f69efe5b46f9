import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.js';

/** Who owns a folder. */
export interface Owner extends ProcessIdentity {
  /** Since when, ISO 8601 in UTC. */
  since: string;
  /** Where the owner can be reached. */
  urls: string[];
}

/** A folder that is ours until we release it or die. */
export interface Claim {
  /** Lets others see where we can be reached. */
  announce(urls: string[]): void;
  release(): void;
}

type Entry = Owner | { released: true };

/**
 * Makes this process the one owner of a folder, or says who is. A dead owner's folder is taken over.
 *
 * Each claim is a file with the next number, made by link(2), which only one process can do. The highest number holds;
 * it is never removed, so nobody who looked a while ago can take what was taken meanwhile.
 */
export function claim(folder: string, urls: string[] = []): Claim | { holder: Owner } {
  mkdirSync(folder, { recursive: true });
  const me: Owner = { ...ourselves(), since: new Date().toISOString(), urls };
  for (;;) {
    const last = highest(folder);
    const entry = last === 0 ? undefined : read(folder, last);
    if (entry && !('released' in entry) && isRunning(entry)) return { holder: entry };
    const mine = last + 1;
    if (!create(folder, mine, me)) continue;
    if (highest(folder) > mine) {
      rmSync(file(folder, mine), { force: true });
      continue;
    }
    numbers(folder)
      .filter((number) => number < mine)
      .forEach((number) => {
        rmSync(file(folder, number), { force: true });
      });
    return claimed(folder, mine, me);
  }
}

/** Makes this process the owner of a folder as soon as nobody else is. `waiting` is told whom we wait for, every 15 seconds. */
export async function claimPatiently(folder: string, waiting: (holder: Owner) => void): Promise<Claim> {
  for (let round = 0; ; round++) {
    const outcome = claim(folder);
    if ('release' in outcome) return outcome;
    if (round % 30 === 0) waiting(outcome.holder);
    await wait(500);
  }
}

/** Whether a file of a folder belongs to its claims. */
export function isClaimFile(name: string): boolean {
  return /^owner-\d+\.json/.test(name);
}

/** Who holds a folder, or undefined where nobody alive does. */
export function holderOf(folder: string): Owner | undefined {
  if (!existsSync(folder)) return undefined;
  const entry = read(folder, highest(folder));
  return entry !== undefined && !('released' in entry) && isRunning(entry) ? entry : undefined;
}

function claimed(folder: string, number: number, me: Owner): Claim {
  return {
    announce: (urls) => replace(folder, number, { ...me, urls }),
    release: () => replace(folder, number, { released: true }),
  };
}

function ourselves(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, started: 'unknown' };
}

function numbers(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => /^owner-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number);
}

function highest(folder: string): number {
  return Math.max(0, ...numbers(folder));
}

function read(folder: string, number: number): Entry | undefined {
  try {
    return JSON.parse(readFileSync(file(folder, number), 'utf8')) as Entry;
  } catch {
    return undefined;
  }
}

// Written aside and linked: whoever sees the file sees all of it.
function create(folder: string, number: number, owner: Owner): boolean {
  const aside = writeAside(folder, number, owner);
  try {
    linkSync(aside, file(folder, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function replace(folder: string, number: number, entry: Entry): void {
  renameSync(writeAside(folder, number, entry), file(folder, number));
}

function writeAside(folder: string, number: number, entry: Entry): string {
  const aside = `${file(folder, number)}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  writeFileSync(aside, `${JSON.stringify(entry)}\n`);
  return aside;
}

function file(folder: string, number: number): string {
  return join(folder, `owner-${number}.json`);
}
