import type { OutboxEvent } from './outbox.js';

/** Where events are published beside the registry: Kafka, or what a team puts in its place. */
export interface EventBus {
  /**
   * Settles when all events are kept there. After a failure all are published again: duplicates carry the same id.
   *
   * @param events in their order; those of one workflow id must keep it
   */
  publish(events: readonly OutboxEvent[]): Promise<void>;
  close(): Promise<void>;
}
