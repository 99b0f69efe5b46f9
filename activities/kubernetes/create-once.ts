import { RetryLater } from '../../sdk/index.js';
import type { Cluster } from './cluster.js';
import { statusOf } from './failure.js';

interface Named {
  readonly metadata?: { readonly deletionTimestamp?: Date | string };
}

/** An object whose name says which work it is for. */
export interface Creation<Found> {
  readonly kind: string;
  readonly name: string;
  readonly create: () => Promise<Found>;
  readonly read: () => Promise<Found | undefined>;
}

/** Milliseconds after which an object that is being taken away is looked for again. */
const untilItIsGone = 2_000;

/** The object may still be at work: whoever needs its name, or its end, comes again. */
export function stillLeaving({ name: where }: Cluster, kind: string, name: string, cause?: unknown): RetryLater {
  return new RetryLater(`The ${kind} ${name} is still being taken away.`, { where, after: untilItIsGone, cause });
}

/** Creates an object, or gives the one that has its name already, begun before. @throws RetryLater while that one is being taken away */
export async function createOnce<Found extends Named>(cluster: Cluster, { kind, name, create, read }: Creation<Found>): Promise<Found> {
  try {
    return await create();
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    const theirs = await read();
    if (theirs !== undefined && theirs.metadata?.deletionTimestamp === undefined) return theirs;
    throw stillLeaving(cluster, kind, name, error);
  }
}
