import { setTimeout as wait } from 'node:timers/promises';
import type { Registry } from '../registry/registry.js';
import { relayLease } from '../registry/retention.js';
import type { EventBus } from './event-bus.js';
import { giveLease, leaseOwner, takeLease } from './lease.js';
import { markPublished, type OutboxEvent, type OutboxLag, outboxLag, readUnpublished } from './outbox.js';

export interface RelaySettings {
  registry: Registry;
  bus: EventBus;
  /** Milliseconds between two looks at an empty outbox; 100 unless said. */
  every?: number;
  /** Seconds after which the relay of a dead process is taken over; 10 unless said. */
  lease?: number;
  /** Told what went wrong: it is tried again by itself. */
  report?: (message: string) => void;
}

/** Publishes the outbox, in its order. */
export interface Relay {
  /** What waits to be published. */
  lag(): Promise<OutboxLag>;
  /** Ends after the events that are on their way. */
  stop(): Promise<void>;
}

const atOnce = 500;
/** A message of Kafka's has 1 MB at most, and so has a request unless its broker was told otherwise. */
const bytesAtOnce = 500_000;
const longestPause = 5_000;
/** Milliseconds between two looks at whether the one that publishes is still there. */
const standby = 1_000;

/**
 * Starts a relay. Any number may be started on one registry: one at a time publishes, under a lease that is taken over when
 * its process dies. One batch is on its way at a time, so that the events of a run keep their order; what was sent and not
 * marked is sent again, with the same ids.
 */
export function startRelay({ registry, bus, every = 100, lease = 10, report = () => undefined }: RelaySettings): Relay {
  const owner = leaseOwner();
  const stopping = new AbortController();
  const { database } = registry;
  /** Gives the milliseconds until the next step. */
  const step = async (): Promise<number> => {
    if (!(await takeLease(database, relayLease, owner, lease))) return Math.max(every, standby);
    const events = fitting(await readUnpublished(database, atOnce));
    if (events.length === 0) return every;
    await bus.publish(events);
    await markPublished(database, events);
    return 0;
  };
  const ended = loop(step, every, stopping.signal, report);
  const stop = async () => {
    stopping.abort();
    await ended;
    await giveLease(database, relayLease, owner).catch(() => undefined);
    await bus.close();
  };
  return { lag: () => outboxLag(database), stop };
}

async function loop(step: () => Promise<number>, every: number, signal: AbortSignal, report: (message: string) => void): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const rest = await step();
      failures = 0;
      if (rest > 0) await pause(rest, signal);
    } catch (error) {
      failures += 1;
      // An outage is told once, not at every try.
      if (failures === 1) report((error as Error).message);
      await pause(Math.min(every * 2 ** failures, longestPause), signal);
    }
  }
}

/** The first events that fit into one request; one always does. */
function fitting(events: readonly OutboxEvent[]): OutboxEvent[] {
  let bytes = 0;
  const first = events.findIndex(({ event }, index) => {
    bytes += JSON.stringify(event).length * 2;
    return index > 0 && bytes > bytesAtOnce;
  });
  return events.slice(0, first === -1 ? events.length : first);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => undefined);
}
