import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * One process at a time installs and builds; others wait. The same claims as ownership.ts, which is not compiled yet
 * when this runs: the highest number holds, and a number is made by link(2), which only one process can do.
 */
export async function holdPrepareLock(folder, report) {
  mkdirSync(folder, { recursive: true });
  for (let told = false; ; ) {
    const last = highest(folder);
    const holder = last && read(folder, last);
    if (holder?.pid && startedAt(holder.pid) === holder.started) {
      if (!told) report(`Waiting for pid ${holder.pid}, which installs or builds in this folder.`);
      told = true;
      await wait(300);
    } else if (create(folder, last + 1)) {
      for (const number of numbers(folder)) if (number <= last) rmSync(file(folder, number), { force: true });
      return () => writeFileSync(file(folder, last + 1), '{"released":true}');
    }
  }
}

function create(folder, number) {
  const aside = join(folder, `aside-${process.pid}`);
  writeFileSync(aside, JSON.stringify({ pid: process.pid, started: startedAt(process.pid) }));
  try {
    linkSync(aside, file(folder, number));
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
  if (highest(folder) === number) return true;
  rmSync(file(folder, number), { force: true }); // we looked too long ago: the folder was taken meanwhile
  return false;
}

// On Linux the start time tells a process from a later one with its pid; elsewhere we only know that there is one.
function startedAt(pid) {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[19];
    process.kill(pid, 0);
    return 'running';
  } catch {
    return undefined;
  }
}

function numbers(folder) {
  return readdirSync(folder)
    .flatMap((name) => /^claim-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number);
}

function highest(folder) {
  return Math.max(0, ...numbers(folder));
}

function read(folder, number) {
  try {
    return JSON.parse(readFileSync(file(folder, number), 'utf8'));
  } catch {
    return undefined;
  }
}

function file(folder, number) {
  return join(folder, `claim-${number}.json`);
}
