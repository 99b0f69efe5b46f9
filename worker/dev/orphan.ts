import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.js';

/** A server that we started, and the process that started it. */
export interface ChildRecord {
  child: ProcessIdentity;
  owner: ProcessIdentity;
  /** Where the server listens, for messages. */
  address: string;
}

/** Writes down a child so that the next start can end it, should we be killed together with its leash. */
export function recordChild(folder: string, name: string, pid: number, address: string): void {
  const child = identify(pid);
  const owner = identify(process.pid);
  if (!child || !owner) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(recordFile(folder, name), `${JSON.stringify({ child, owner, address })}\n`);
}

/** Forgets a child that has ended. */
export function forgetChild(folder: string, name: string): void {
  rmSync(recordFile(folder, name), { force: true });
}

/** The recorded child that still runs, or undefined. */
export function runningChild(folder: string, name: string): ChildRecord | undefined {
  const record = readRecord(recordFile(folder, name));
  return record && isRunning(record.child) ? record : undefined;
}

/** Ends the recorded child if its owner is dead. Pid and start time must both match: a reused pid is left alone. */
export async function endOrphan(folder: string, name: string, patience = 5000): Promise<ChildRecord | undefined> {
  const record = runningChild(folder, name);
  if (!record || isRunning(record.owner)) return undefined;
  signal(record.child, 'SIGTERM');
  for (const end = Date.now() + patience; isRunning(record.child) && Date.now() < end; ) await wait(50);
  signal(record.child, 'SIGKILL');
  while (isRunning(record.child)) await wait(20);
  forgetChild(folder, name);
  return record;
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (isRunning(identity)) process.kill(identity.pid, name);
}

function recordFile(folder: string, name: string): string {
  return join(folder, `${name}.process.json`);
}

function readRecord(file: string): ChildRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ChildRecord;
  } catch {
    return undefined;
  }
}
