import { setTimeout as wait } from 'node:timers/promises';
import type { Registry } from '../registry/open-registry.js';
import { prune } from '../registry/retention.js';
import { giveLease, leaseOwner, takeLease } from './lease.js';

export interface PruningSettings {
  registry: Registry;
  /** Milliseconds until the first time: soon, since a process may be started anew each day, and after the first work. */
  first: number;
  /** Told what went wrong: it is tried again by itself. */
  report?: (message: string) => void;
}

/** What removes, once a day, what the registry keeps too long. */
export interface Pruning {
  /** Ends after what it is removing. */
  stop(): Promise<void>;
}

const hour = 3_600_000;
const pruningLease = 'pruning';

/** Starts pruning. One process at a time does it; the others, and those whose registry is away, come again in an hour. */
export function startPruning(settings: PruningSettings): Pruning {
  const stopping = new AbortController();
  const pruning = keepPruning(settings, stopping.signal);
  const stop = () => {
    stopping.abort();
    return pruning;
  };
  return { stop };
}

async function keepPruning({ registry, first, report }: PruningSettings, signal: AbortSignal): Promise<void> {
  const pause = (milliseconds: number) => wait(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  for (await pause(first); !signal.aborted; ) {
    const done = await pruneAlone(registry, signal).catch((error: Error) => report?.(`What the registry keeps too long is removed later: ${error.message}`));
    await pause(done === true ? 24 * hour : hour);
  }
}

/** Prunes where no other process does. @returns whether it did */
export async function pruneAlone({ database }: Registry, signal?: AbortSignal): Promise<boolean> {
  const owner = leaseOwner();
  if (!(await takeLease(database, pruningLease, owner, hour / 1_000))) return false;
  await prune(database, signal).finally(() => giveLease(database, pruningLease, owner));
  return true;
}
