/** Events and the run record: projected from history, kept in the registry, published from its outbox. */

export { auditPublished, type PublishedDifference, type PublishedEvent } from './audit-published.js';
export { audit, type Difference } from './auditor.js';
export type { EventBus } from './event-bus.js';
export { eventTopic, type KafkaSettings, kafkaBus } from './kafka-bus.js';
export { type EventKind, eventSchema, type PipelineEvent } from './kinds.js';
export { measuresOf } from './measures.js';
export { isRelayed, type OutboxEvent, type OutboxFilter, type OutboxLag, outboxLag, type ProjectionLag, projectionLag, readOutbox } from './outbox.js';
export type { RecordedPart } from './project-run.js';
export { type Projector, type ProjectorSettings, startProjector } from './projector.js';
export { type Recording, recordingInterceptor } from './recording-interceptor.js';
export { type Relay, type RelaySettings, startRelay } from './relay.js';
export { type FailedAttempt, publishRetrying } from './retrying.js';
export { type RecordSettings, RunRecord } from './run-record.js';
export { beyond, bounds } from './totals.js';
