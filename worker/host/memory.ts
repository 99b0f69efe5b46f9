import { totalmem } from 'node:os';

/** Bytes that this process may use: its control group's limit where there is one, else the machine's. */
export function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

const baseline = 320 * 2 ** 20;
const perRun = 0.5 * 2 ** 20;

/** How many runs a worker keeps in memory: half of what is left beside the process itself, and never so many that it dies of them. */
export function cachedRuns(memory = availableMemory()): number {
  const room = Math.max(0, memory - baseline) / 2;
  return Math.max(50, Math.min(2_000, Math.floor(room / perRun)));
}
